"""A tag is written for another template language, and so is an error here, or stays in the text.

`{{#if x}}` is Handlebars and `${x}` JavaScript's or a shell's, but native prompts and Prompty are
Jinja; `{% if x %}` is Jinja, but `.prompt` files are Handlebars, and GitHub's `.prompt.yml` knows
nothing but `{{name}}`.

Quiet: within `{% raw %}`, comments and code; about `${x}` where `x` is no variable of the prompt
but such as a shell has (`${HOME}`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agentops_cli.prompt.markdown import Stretch, holds
from agentops_cli.prompt.source import Engine, PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_HANDLEBARS: Final = (
    r"\{\{~?(?:[#/^](?:if|unless|each|with|role|section)\b|#\w+\s|>\s*[\w\"'/.-]+|role\s+[\"']"
    r"|else\}\})[^{}\n]*(?:\}\})?"
)
_JINJA: Final = (
    r"\{%-?\s*(?:if|elif|else|endif|for|endfor|set|endset|include|extends|macro|endmacro|block"
    r"|endblock|import|from|raw|endraw)\b[^{}\n]*%\}"
)
_DOLLAR: Final = r"(?<![\\$\w])\$\{[a-z][A-Za-z0-9_]*\}"
_FILTER: Final = r"\{\{\s*\w+\s*\|\s*\w+[^{}\n]*\}\}"
_BLIND: Final = re.compile(
    r"\{%-?\s*raw\s*-?%\}.*?(?:\{%-?\s*endraw\s*-?%\}|\Z)|(?<!\{)\{#.*?(?:#\}|\Z)", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Foreign:
    """Tags of other languages: their beginnings, how they look, and what to write instead."""

    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    ours: str


_FOREIGN: Final[Mapping[Engine, _Foreign]] = {
    "jinja2": _Foreign(
        marks=("{{#", "{{/", "{{^", "{{>", "{{~", "{{else", "{{role", "${"),
        pattern=re.compile(f"{_HANDLEBARS}|{_DOLLAR}"),
        ours="this template is Jinja",
    ),
    "handlebars": _Foreign(
        marks=("{%", "|"),
        pattern=re.compile(f"{_JINJA}|{_FILTER}"),
        ours="this template is Handlebars",
    ),
    "mustache": _Foreign(
        marks=("{%", "|"),
        pattern=re.compile(f"{_JINJA}|{_FILTER}"),
        ours="this template is Mustache",
    ),
    "placeholders": _Foreign(
        marks=("{%", "{{#", "{{/", "|"),
        pattern=re.compile(f"{_JINJA}|{_HANDLEBARS}|{_FILTER}"),
        ours="this format knows nothing but {{name}}",
    ),
}


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each tag of another language."""
    for span in tags_in(file):
        tag = file.text[span.start : span.end]
        yield Hit(
            at=span,
            message=f"{tag!r} is no tag here: {_FOREIGN[file.engine].ours}",
            fix=_instead(tag, file.engine),
        )


def tags_in(file: PromptFile) -> Iterator[Span]:
    """The stretches that are tags of another language."""
    foreign = _FOREIGN.get(file.engine)
    if foreign is None or not any(map(file.text.__contains__, foreign.marks)):
        return
    for passage in file.passages:
        blind = blind_spots(passage.text)
        for found in foreign.pattern.finditer(passage.text):
            if holds(blind, found.start()):
                continue
            start = passage.offset(found.start())
            end = passage.offset(found.end() - 1) + 1 if passage.exact else start
            if _is_meant(file, found[0], start):
                yield Span(start=start, end=end)


def blind_spots(text: str) -> tuple[Stretch, ...]:
    """The stretches of a Jinja template that are text, or nothing at all, whatever is in them."""
    return tuple(found.span() for found in _BLIND.finditer(text))


def _is_meant(file: PromptFile, tag: str, at: int) -> bool:
    if tag.startswith("${") and tag[2:-1] not in (file.inputs or ()):
        # A shell or a program may have it; without a declaration nobody knows.
        return False
    return not file.markup.is_code(at)


def _instead(tag: str, engine: Engine) -> str:
    if engine == "placeholders":
        return "write the text without it, or use a format whose templates have it"
    if engine != "jinja2":
        return "write {{#if x}} … {{/if}}, {{#each xs}} … {{/each}}"
    if tag.startswith("$"):
        return f"write {{{{ {tag[2:-1]} }}}}"
    if ">" in tag[:4]:
        return "write {% include 'file' %}"
    return "write {% if x %} … {% endif %}, {% for x in xs %} … {% endfor %}"
