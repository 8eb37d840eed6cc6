"""Frontmatter that is not valid YAML, read key by key.

Much of what stands in real files is not YAML: `globs: **/*` reads as an alias, `description: Use
when: …` has a colon too many. Each key on the first column is therefore read by itself. Where its
value is not YAML either, it is the text as it was written, and one finding says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import yaml

from agentops_cli.errors import InputError
from agentops_cli.locate import Document, Route, compose, document_of, read_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location

_KEY: Final = re.compile(
    r"^(?P<key>[A-Za-z_$][^\s:#]*(?: [^\s:#]+)*|\"[^\"\n]*\"|'[^'\n]*')[ \t]*:(?=[ \t]|$)[ \t]*",
    re.MULTILINE,
)
_COMMENT: Final = re.compile(r"(?:^|[ \t]+)#.*")
# Slow to compile, and looked for only in what is not YAML.
_UNREADABLE: Final = (
    "[^\\t\\n\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_ANCHOR: Final = re.compile(r"(?<!\S)&\w")
_REASONS: Final = (
    ("mapping values are not allowed", "it holds a colon and a space"),
    ("alphabetic or numeric", "it begins with * or &, which YAML keeps for references"),
    ("undefined alias", "it begins with *, which YAML keeps for references"),
    ("cannot start any token", "it begins with a mark that YAML keeps for itself"),
    ("did not find expected key", "text follows where the value has ended"),
    ("expected ','", "a bracket is never closed"),
    ("unexpected end of stream", "a quote is never closed"),
    ("unknown escape", "it holds a backslash that escapes nothing"),
    ("entries are not allowed", "a list cannot begin on the line of its key"),
    ("tab character", "it is indented with a tab"),
)
_STR: Final = "tag:yaml.org,2002:str"
_MAP: Final = "tag:yaml.org,2002:map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """What could be read. `texts` lead to the values that are only the text as it was written."""

    document: Document
    findings: tuple[Finding, ...]
    texts: frozenset[Route] = frozenset()


def read_loosely(text: str, *, path: str, first_line: int) -> Loose:
    """Reads frontmatter as YAML, and what is not YAML as it looks; never fails."""
    try:
        document, findings = read_yaml(text, path=path, first_line=first_line)
    except InputError as error:
        return _by_key(text, path, first_line, error.findings)
    return Loose(document=document, findings=findings)


def _by_key(text: str, path: str, first_line: int, refused: tuple[Finding, ...]) -> Loose:
    odd = re.search(_UNREADABLE, text)
    if odd:
        # Each is replaced by one character, so that all that follows keeps its place.
        readable = re.sub(_UNREADABLE, "\ufffd", text)
        mended = read_loosely(readable, path=path, first_line=first_line)
        findings = (_control(text, odd.start(), path, first_line), *mended.findings)
        return replace(mended, findings=findings)
    entries = tuple(_entries(text))
    root = yaml.MappingNode(_MAP, [pair for entry in entries for pair in entry.pairs])
    root.start_mark, root.end_mark = _mark(0, 0), _mark(len(text), text.count("\n"))
    document, findings = document_of(root, text, path=path, first_line=first_line)
    has_anchors = bool(_ANCHOR.search(text))
    told = [
        Finding(
            rule="bad-yaml",
            message=f"the value of {entry.key!r} is not valid YAML: {entry.reason}",
            location=_place(text, entry.problem_at, path, first_line),
            fix="put the value in quotes",
        )
        for entry in entries
        # Read by itself, a key does not see what an alias refers to at another one.
        if entry.problem and not (has_anchors and entry.problem == "found undefined alias")
    ]
    return Loose(
        document=document,
        findings=(*(told or refused), *findings),
        texts=frozenset((entry.key,) for entry in entries if entry.problem),
    )


def _entries(text: str) -> "Iterator[_Entry]":
    """Each key on the first column, with all that stands before the next one."""
    starts = [found.start() for found in _KEY.finditer(text)]
    line = at = 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        line += text.count("\n", at, start)
        at = start
        yield _Entry(text[start:end], start, line)


class _Entry:
    """One key with all that stands below it."""

    def __init__(self, part: str, start: int, line: int) -> None:
        self.problem = ""
        self.problem_at = start
        self.key = ""
        try:
            root = compose(part)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.pairs = [self._as_written(part, start, line)]
            self._explain(error, part, start)
            return
        # What begins with a key and is valid is a mapping.
        _move(root, start, line)
        self.pairs = root.value

    def _as_written(self, part: str, start: int, line: int) -> tuple[Any, Any]:
        found = _KEY.match(part)
        assert found is not None  # noqa: S101 # It begins with what the same pattern has found.
        self.key = found["key"].strip("\"'")
        first = part[found.end() :].split("\n", 1)[0]
        value = _COMMENT.sub("", first).rstrip()
        at = start + found.end()
        self.problem_at = at
        key_end, end = len(found["key"]), found.end() + len(value)
        return (
            _scalar(self.key, _mark(start, line), _mark(start, line, key_end)),
            _scalar(value, _mark(start, line, found.end()), _mark(start, line, end)),
        )

    def _explain(self, error: Exception, part: str, start: int) -> None:
        self.problem = str(getattr(error, "problem", None) or "it cannot be parsed")
        mark = getattr(error, "problem_mark", None)
        # What is never closed is noticed at the end, and mended where it begins.
        if mark and mark.index < len(part.rstrip()):
            self.problem_at = start + mark.index

    @property
    def reason(self) -> str:
        """What is wrong, in the words of somebody who writes YAML rather than reads it."""
        return next((why for sign, why in _REASONS if sign in self.problem), self.problem)


def _scalar(value: str, start: Any, end: Any) -> Any:
    return yaml.ScalarNode(_STR, value, start, end, style="'")


def _mark(start: int, line: int, column: int = 0) -> Any:
    """A place on the line that begins at `start`."""
    return yaml.Mark("", start + column, line, column, None, 0)


def _move(root: Any, start: int, line: int) -> None:
    """Moves the places of a node and all below it from a part to the whole."""
    seen: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for name in ("start_mark", "end_mark"):
            mark = getattr(node, name)
            setattr(
                node,
                name,
                yaml.Mark("", mark.index + start, mark.line + line, mark.column, None, 0),
            )
        if isinstance(node, yaml.MappingNode):
            left += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            left += node.value


def _place(text: str, at: int, path: str, first_line: int) -> Location:
    at = min(at, len(text))
    line = text.count("\n", 0, at)
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Location(path=path, line=first_line + line, column=column)


def _control(text: str, at: int, path: str, first_line: int) -> Finding:
    return Finding(
        rule="bad-yaml",
        message=f"the character U+{ord(text[at]):04X} may not stand in YAML",
        location=_place(text, at, path, first_line),
        fix="remove it",
    )
