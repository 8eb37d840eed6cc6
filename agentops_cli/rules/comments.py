"""The comments, and the settings in frontmatter, by which a file asks for a rule to be left alone.

    {# agentops: ignore[PS001] why #}          in a Jinja template
    {{! agentops: ignore[PS001] why }}         in Handlebars and Mustache
    <!-- agentops: ignore[PS001] why -->       in Markdown
    # agentops: ignore[PS001] why              in frontmatter and YAML

A comment alone on its lines is about the next line that has text of its own, any other one about
its own line; `ignore-file[…]` is about the file. What only looks like a comment is none: within
code, a value of the frontmatter, a quoted text of a tag.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

import yaml

from agentops_cli.model.json import Json
from agentops_cli.prompt.roles import comments_of
from agentops_cli.prompt.source import PromptFile, Span

Form = Literal["jinja", "handlebars", "html", "yaml", "frontmatter"]

_COMMENT: Final = re.compile(
    r"""
    (?: (?P<jinja>\{\#[-+]?) | (?P<handlebars>\{\{!(?:--)?) | (?P<html><!--) | (?P<yaml>\#) )
    \s*+ agentops: \s*+ ignore(?P<whole>-file)? (?![\w-]) [ \t]*+
    (?: \[ (?P<selectors>[^\]\n]{0,1000}+) \] )?
    """,
    re.VERBOSE,
)
_END: Final = {
    "jinja": re.compile(r"[-+]?#\}"),
    "handlebars": re.compile(r"(?:--)?\}\}"),
    "html": re.compile(r"-->"),
    "yaml": re.compile(r"$", re.MULTILINE),
}
_SELECTOR: Final = re.compile(r"[^\s,]+")
_FORMS: Final[tuple[Form, ...]] = ("jinja", "handlebars", "html", "yaml")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENGINES: Final[dict[Form, set[str]]] = {
    "jinja": {"jinja2"},
    "handlebars": {"handlebars", "mustache"},
}
MOST_COMMENTS: Final = 500
"""So many comments of a file are read. Of any more nobody leaves a finding alone."""

SHORTEST: Final = 2
"""So many letters name a family; fewer would be every rule, and name none."""

_MARK: Final = "agentops:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One wish to leave rules alone.

    `selectors` are the codes or names that it gives, each with its place; `list` is the stretch
    that they stand in. `lines` are the first and the last line that it is about, None for the whole
    file. `is_alone` where nothing else stands on its lines.
    """

    form: Form
    selectors: tuple[tuple[str, Span], ...]
    span: Span
    list: Span
    reason: str = ""
    lines: tuple[int, int] | None = None
    is_alone: bool = False

    def is_about(self, line: int | None) -> bool:
        """Whether a finding on a line, None for the file as a whole, is what it is about."""
        return self.lines is None or (line is not None and self.lines[0] <= line <= self.lines[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A comment of which some selectors, or all, left nothing alone."""

    comment: Comment
    selectors: tuple[str, ...]


def comments_in(file: PromptFile) -> tuple[Comment, ...]:
    """The wishes of a file, in its order; nearly all files have none, which takes no time."""
    written = tuple(_written(file)) if _MARK in file.text else ()
    return (*_of_frontmatter(file), *written) if "lint" in file.meta else written


def _written(file: PromptFile) -> Iterator[Comment]:
    real = _Real(file)
    matches = islice(_COMMENT.finditer(file.text), MOST_COMMENTS)
    found = [(each, _end(each)) for each in matches if real(each)]
    spans = [Span(start=each.start(), end=end) for each, end in found if end is not None]
    for each, end in found:
        if end is not None:
            yield _comment(file, each, Span(start=each.start(), end=end), spans)


def _form(found: re.Match[str]) -> Form:
    return next(form for form in _FORMS if found[form])


def _end(found: re.Match[str]) -> int | None:
    """Where the comment ends; None where it never does."""
    closing = _END[_form(found)].search(found.string, found.end())
    return closing.end() if closing else None


def _comment(file: PromptFile, found: re.Match[str], span: Span, others: list[Span]) -> Comment:
    form = _form(found)
    closing = _END[form].search(file.text, found.end())
    inside = Span(start=found.start("selectors"), end=found.end("selectors"))
    first, last = file.line_at(span.start), file.line_at(max(span.end - 1, span.start))
    around = file.text[first.start : span.start] + file.text[span.end : last.end]
    lines = (_line(file, span.start), _line(file, max(span.end - 1, span.start)))
    if is_alone := not around.strip():
        following = _line(file, _next_text(file.text, last.end, others))
        lines = (following, following)
    return Comment(
        form=form,
        selectors=tuple(
            (each[0], Span(start=each.start(), end=each.end()))
            for each in _SELECTOR.finditer(file.text, inside.start, inside.end)
            if inside.start >= 0
        ),
        span=span,
        list=inside if inside.start >= 0 else span,
        reason=file.text[found.end() : closing.start() if closing else span.end].strip(),
        lines=None if found["whole"] else lines,
        is_alone=is_alone,
    )


def _next_text(text: str, at: int, comments: list[Span]) -> int:
    """Where the next text stands that is neither blank nor a comment of ours."""
    ends = {span.start: span.end for span in comments}
    while at < len(text) and (text[at].isspace() or at in ends):
        at = ends.get(at, at + 1)
    return min(at, len(text))


def _line(file: PromptFile, at: int) -> int:
    return file.location(at).line or 1


class _Real:
    """Tells comments from text that looks like one."""

    def __init__(self, file: PromptFile) -> None:
        self._file = file
        # Of a YAML format the templates are values of the block.
        self._is_yaml = file.body is None
        self._block = file.block or Span(start=0, end=0)
        self._body = file.body.start if file.body else 0
        self._values: list[Span] | None = None
        self._templates: frozenset[int] | None = None

    def __call__(self, found: re.Match[str]) -> bool:
        at, form = found.start(), _form(found)
        if form == "yaml":
            end = self._block.end
            return at < end and self._stands_apart(at) and not self._is_in_value(at)
        if at < self._body or (self._is_yaml and not self._is_in_value(at)):
            return False
        if self._file.engine not in _ENGINES.get(form, {self._file.engine}):
            return False
        if form == "jinja" and at not in self._comments():
            return False
        return not self._file.markup.is_code(at)

    def _stands_apart(self, at: int) -> bool:
        return at == 0 or self._file.text[at - 1].isspace()

    def _comments(self) -> frozenset[int]:
        """Where comments of the template begin."""
        if self._templates is None:
            start = self._body
            found = comments_of(self._file.text[start:])
            self._templates = frozenset(start + begin for begin, _ in found)
        return self._templates

    def _is_in_value(self, at: int) -> bool:
        if self._values is None:
            self._values = list(_values(self._file.text, self._block))
        return any(value.start <= at < value.end for value in self._values)


def _values(text: str, block: Span) -> Iterator[Span]:
    """The values and keys of YAML, as far as it can be read."""
    try:
        for token in yaml.scan(text[block.start : block.end], Loader=_LOADER):
            if isinstance(token, yaml.ScalarToken):
                start, end = token.start_mark.index, token.end_mark.index
                yield Span(start=block.start + start, end=block.start + end)
    except (yaml.YAMLError, ValueError):
        return


def _of_frontmatter(file: PromptFile) -> Iterator[Comment]:
    """`lint: {ignore: [PS001]}`, or with a reason each: `lint: {ignore: {PS001: why}}`."""
    settings = file.meta.get("lint")
    written = settings.get("ignore") if isinstance(settings, dict) else None
    if isinstance(written, dict) and file.document is not None:
        for key, why in written.items():
            place = file.document.key_at((*file.routes["lint"], "ignore", key))
            yield _setting(key, file.offset(place), why)
    elif isinstance(written, list):
        for index, selector in enumerate(written):
            yield _setting(selector, file.value_at("lint", "ignore", index), None)


def _setting(selector: Json, at: int, why: Json) -> Comment:
    name = selector if isinstance(selector, str) else ""
    span = Span(start=at, end=at + len(name))
    return Comment(
        form="frontmatter",
        selectors=((name, span),) if name else (),
        span=span,
        list=span,
        reason=why.strip() if isinstance(why, str) else "",
    )
