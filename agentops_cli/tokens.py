"""How many tokens a text is, counted offline.

The vocabularies are those that litellm ships, read by tiktoken and never downloaded. Where a model
is not known to use one of them, or none is there, the count is an estimate and says so.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiktoken import Encoding

_FALLBACK: Final = "o200k_base"
_CHARACTERS_PER_TOKEN: Final = 4

_SHIPPED: Final = {
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "o200k_harmony": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}
"""The file of each vocabulary: tiktoken names it by the SHA-1 of the address it is from."""

_FOLDER: Final = "TIKTOKEN_CACHE_DIR"

# Merging the pairs of one run of letters takes more than linear time; pieces cost a token each.
_PIECES: Final = re.compile(r".{1,20000}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A number of tokens; an estimate where the vocabulary of the model is not public."""

    count: int
    is_estimate: bool

    def __str__(self) -> str:
        return f"about {self.count:,}" if self.is_estimate else f"{self.count:,}"


def most_tokens(text: str) -> int:
    """A number that no count of the text exceeds: each token has at least one byte of UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


@lru_cache(maxsize=64)
def count_tokens(text: str, model: str | None = None) -> Tokens:
    """The tokens of a text, as the model takes it."""
    name = _vocabulary(model.rpartition("/")[2]) if model else None
    encoding = _encoding(name or _FALLBACK)
    if encoding is None:
        return Tokens(count=-(-len(text) // _CHARACTERS_PER_TOKEN), is_estimate=True)
    count = sum(len(encoding.encode_ordinary(piece)) for piece in _PIECES.findall(text))
    return Tokens(count=count, is_estimate=name is None)


def _vocabulary(model: str) -> str | None:
    """The vocabulary that tiktoken knows a model to use, None where it does not."""
    try:
        from tiktoken.model import encoding_name_for_model  # Few texts are long enough to count.

        name = encoding_name_for_model(model)
    except (ImportError, KeyError):
        return None
    return name if name in _SHIPPED else None


@cache
def _encoding(name: str) -> "Encoding | None":
    spec = find_spec("litellm")
    places = spec.submodule_search_locations if spec else None
    if not places:
        return None
    folder = Path(places[0]) / "litellm_core_utils" / "tokenizers"
    if not (folder / _SHIPPED[name]).is_file():
        return None
    try:
        with _read_from(folder):
            import tiktoken  # As above; it looks for the folder when it reads a vocabulary.

            return tiktoken.get_encoding(name)
    except Exception:  # noqa: BLE001 # Whatever is wrong with a file of others, an estimate remains.
        return None


@contextmanager
def _read_from(folder: Path) -> Iterator[None]:
    before = os.environ.get(_FOLDER)
    os.environ[_FOLDER] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FOLDER]
        else:
            os.environ[_FOLDER] = before
