"""A chat-completions server whose models are small and large, up and down.

`small` answers "right" where it is asked something easy, else "wrong"; `large` is always right.
`perhaps` is as the provider's filter has it, so that the classifier of categories is unsure. A
number is answered with that HTTP status. Every answer is charged for 100 tokens in and 40 out.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers.chat import Body, completion, serving

_UNSURE = "The response was filtered due to the content management policy."


@dataclass(kw_only=True)
class TieredModel:
    """A running server, and how often each of its models was asked."""

    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, body: Body) -> tuple[int, Body]:
        """What it says, with its status."""
        model = str(body["model"])
        self.asked[model] += 1
        if model.isdigit():
            return int(model), {"error": {"message": "down for repair"}}
        said = {"perhaps": _UNSURE}.get(model) or _right(model, str(body["messages"][-1]))
        return completion({"content": said}, model=model, tokens=(100, 40))


def _right(model: str, asked: str) -> str:
    return "right" if model == "large" or "easy" in asked else "wrong"


@contextmanager
def running() -> Iterator[TieredModel]:
    """A server in threads of its own."""
    model = TieredModel()
    with serving(model.answer) as model.url:
        yield model
