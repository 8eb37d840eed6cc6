"""The embedding model, and the form in which its vectors travel in the text of a completion.

An assertion asks it as it asks any model; so its answer is text: a JSON array with one item for
each message, which is either a vector or a text that says why there is none.
"""

import json
from collections.abc import Sequence
from typing import TypeAlias

EMBEDDING_MODEL = "local/all-minilm-l6-v2"

Vector: TypeAlias = Sequence[float]
"""The meaning of a text, with a length of 1."""


def vectors_to_text(vectors: Sequence[Vector | str]) -> str:
    """The text that carries vectors, and for what has none the reason: a clause about the text."""
    return json.dumps(vectors, separators=(",", ":"))


def vectors_in(text: str) -> list[Vector | str]:
    """The vectors that a completion carries; raises `ValueError` for any other text."""
    items = json.loads(text)
    if not isinstance(items, list) or not all(isinstance(item, (list, str)) for item in items):
        raise ValueError("not an array of vectors")
    return items
