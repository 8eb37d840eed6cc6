"""How long a prompt is, before any variable is put in."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from agentops_cli.diff.values import Size
from agentops_cli.prompt.roles import tags_of
from agentops_cli.prompt.source import Engine, PromptFile
from agentops_cli.tokens import Tokens, count_tokens

Counter = Callable[[str, str | None], Tokens]
"""Counts the tokens of a text as a model takes it."""

_CHARACTERS_PER_TOKEN: Final = 4

# No tag holds a brace: each search ends at the next one, so that a stranger's text takes no longer.
_TAGS: Final[Mapping[Engine, re.Pattern[str]]] = {
    "handlebars": re.compile(r"\{?\{\{[^{}]*\}\}\}?"),
    "mustache": re.compile(r"\{?\{\{[^{}]*\}\}\}?"),
    "placeholders": re.compile(r"\{\{[^{}]*\}\}"),
    "dollar": re.compile(r"\$\{[^{}]*\}|\$\w+"),
}


def size_of(file: PromptFile, model: str | None, count: Counter = count_tokens) -> Size:
    """The tokens of the messages, all branches of the template, without tags and comments.

    `static` ends where the first message has its first variable or branch: until there, every call
    is the same.
    """
    texts: dict[str, list[str]] = {}
    first: list[str] = []
    is_static = True
    for passage in file.passages:
        parts = list(_parts(passage.text, file.engine))
        texts.setdefault(passage.role or "text", []).append("".join(parts))
        if is_static:
            first.append(parts[0])
            is_static = len(parts) == 1
    by_role = {role: count("\n".join(each), model) for role, each in texts.items()}
    return Size(
        by_role=by_role,
        static=count("\n".join(first), model),
        total=_sum(by_role.values()),
    )


def estimated(text: str, _model: str | None) -> Tokens:
    """A count that takes no time and needs no vocabulary."""
    return Tokens(count=-(-len(text) // _CHARACTERS_PER_TOKEN), is_estimate=True)


def _sum(found: Iterable[Tokens]) -> Tokens:
    counts = list(found)
    return Tokens(
        count=sum(each.count for each in counts),
        is_estimate=any(each.is_estimate for each in counts),
    )


def _parts(text: str, engine: Engine) -> Iterator[str]:
    """What stands between the tags; comments part nothing, as no model sees them."""
    so_far, at = "", 0
    for start, tag in _tags(text, engine):
        so_far += text[at:start]
        at = start + len(tag)
        if not tag.startswith(("{#", "{{!")):
            yield so_far
            so_far = ""
    yield so_far + text[at:]


def _tags(text: str, engine: Engine) -> Iterable[tuple[int, str]]:
    if engine == "jinja2":
        return tags_of(text)
    pattern = _TAGS.get(engine)
    return ((found.start(), found[0]) for found in pattern.finditer(text)) if pattern else ()
