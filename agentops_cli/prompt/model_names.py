"""What the id of a model says about it, without any table."""

import re
from typing import Final

_PROVIDERS: Final = {
    "azure": "openai",
    "azure_ai": "openai",
    "googleai": "google",
    "gemini": "google",
    "vertex_ai": "google",
    "github": "",
    "openrouter": "",
    "litellm_proxy": "",
    "bedrock": "",
}
_SERVED_BY: Final = {"azure_ai": "azure", "googleai": "google", "gemini": "google"}
"""Names of one and the same provider."""

_MAKERS: Final = (
    (re.compile(r"(?:chat)?gpt|^o\d"), "openai"),
    (re.compile(r"claude"), "anthropic"),
    (re.compile(r"gemini"), "google"),
    (re.compile(r"mi[sx]tral|codestral"), "mistral"),
    (re.compile(r"llama"), "meta"),
)
_SHORT: Final = frozenset({"opus", "sonnet", "haiku"})
"""What Claude Code calls the latest model of each line."""

_SIZE: Final = re.compile(r"\d+(?:\.\d+)?b")
_PIN: Final = re.compile(
    r"[-@:](?:20\d{2}-?\d{2}-?\d{2}|\d{4}|\d{3}|v\d+(?::\d+)?|latest|exp|preview)"
)


def spelled(model: str) -> str:
    """The id without its provider, in lower case: the same for each way to write one model."""
    name = model.rpartition("/")[2].casefold().strip()
    return f"claude-{name}" if name in _SHORT else name


def provider(model: str) -> str:
    """Who serves the model: what stands before its name, or the maker where nothing does."""
    given, _, name = model.rpartition("/")
    served_by = given.partition("/")[0].casefold().strip()
    return _SERVED_BY.get(served_by, served_by) or _maker(spelled(name)) or ""


def unpinned(model: str) -> str:
    """The id without a date or an alias at its end."""
    name = spelled(model)
    while (shorter := _PIN.sub("", name)) != name:
        name = shorter
    return name


def family(model: str) -> tuple[str, ...]:
    """The maker and the line of a model, its versions and dates apart: `gpt mini`, `claude sonnet`.

    Two models of one family are successors of one another.
    """
    name = unpinned(model)
    given = model.partition("/")[0].casefold() if "/" in model else ""
    words = [
        word
        for word in re.split(r"[-_.:@]", re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", "-", name))
        if word and not word.isdigit() and word not in {"o", "v"}
    ]
    sizes = _SIZE.findall(name)
    words = [word for word in words if word != "b"]
    return (_maker(name) or _PROVIDERS.get(given, given), *words, *sizes)


def _maker(name: str) -> str | None:
    return next((each for pattern, each in _MAKERS if pattern.search(name)), None)
