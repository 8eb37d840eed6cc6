"""Under which branches of a template each place of a file stands."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from agentops_cli.prompt.source import Engine, PromptFile
from agentops_cli.prompt.wording import COMMENTS, blanked

# A tag ends at its own end or before the next one: a stranger's text takes linear time.
_JINJA: Final = re.compile(r"\{%[-+]?\s*(\w+)((?:[^{}%]|%(?!\})|\{(?!%)|(?<!%)\})*)%\}")
_MUSTACHES: Final = re.compile(r"\{\{~?\s*(?:([#^/])\s*)?([\w.@-]+)([^{}]*)\}\}")
_SENT: Final = "if true"
_TRUE: Final = frozenset({_SENT, "if 1"})
_KEEPS: Final = frozenset({"set", "macro"})
_OUTPUT: Final = re.compile(r"\{\{[^{}]*|\{%[-+]?\s*call\b[^{}]*")
_NAME: Final = re.compile(r"\w+")
_FALSE: Final = frozenset({"if false", "if 0", "if none", "elif false", "elif 0", "elif none"})
_DEEPEST: Final = 50
"""Branches within more than so many are not told apart, so that time stays linear."""

_BLACK: Final = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way through a condition or a loop; `chain` is that of the whole, `label` says when."""

    chain: int
    index: int
    label: str

    @property
    def is_dead(self) -> bool:
        """Whether it is never taken."""
        return self.label.casefold() in _FALSE


@dataclass(frozen=True, slots=True)
class Branches:
    """Those of one file: for each passage where they change; and how many a whole chain has."""

    marks: list[list[tuple[int, tuple[Branch, ...]]]] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)

    def at(self, passage: int, offset: int) -> tuple[Branch, ...]:
        """The branches around a place of a passage, the outermost first."""
        marks = self.marks[passage]
        index = bisect_right(marks, offset, key=lambda mark: mark[0]) - 1
        return marks[index][1] if index >= 0 else ()

    def cover(self, ways: Iterable[Branch]) -> bool:
        """Whether one of some branches is taken in every case."""
        taken: dict[int, set[int]] = {}
        for way in ways:
            taken.setdefault(way.chain, set()).add(way.index)
        return any(len(ways) == self.sizes.get(chain) for chain, ways in taken.items())


def branches_of(file: PromptFile) -> Branches:
    """The branches of a file's template; below a frontmatter all messages are one template."""
    found = Branches()
    stack: list[Branch] = []
    sent: frozenset[str] | None = None
    for passage in file.passages:
        if file.body is None:
            stack.clear()
        marks: list[tuple[int, tuple[Branch, ...]]] = [(0, tuple(stack))]
        text = passage.text
        for opened, closed in COMMENTS.get(file.engine, ()):
            text = blanked(text, opened, closed)
        for at, sign, rest in _tags(text, file.engine):
            if sign == "set" and "=" in rest:
                continue  # Only a block keeps text for later.
            if sign in _KEEPS:
                sent = _sent(file.text) if sent is None else sent
                is_sent = not sent.isdisjoint(_NAME.findall(rest)[1:2])
                rest = _SENT if is_sent else rest  # noqa: PLW2901 # What is sent is under nothing.
            _step(found, stack, sign, rest)
            around = stack[:_DEEPEST]
            marks.append((at, tuple(each for each in around if each.label not in _TRUE)))
        found.marks.append(marks)
    return found


def without_tags(text: str, engine: Engine) -> str:
    """The text with white space in the place of tags that steer, as long as before."""
    pattern = _JINJA if engine == "jinja2" else _MUSTACHES

    def blank(match: re.Match[str]) -> str:
        is_output = pattern is _MUSTACHES and not match[1] and match[2] != "else"
        return match[0] if is_output else _BLACK.sub(" ", match[0])

    return pattern.sub(blank, text) if _steers(engine) else text


def _steers(engine: Engine) -> bool:
    return engine in {"jinja2", "handlebars", "mustache"}


def _tags(text: str, engine: Engine) -> Iterator[tuple[int, str, str]]:
    """Each tag that opens, parts or ends something: where it ends, which it is, and of what."""
    if not _steers(engine):
        return
    is_raw = False
    for match in (_JINJA if engine == "jinja2" else _MUSTACHES).finditer(text):
        if engine != "jinja2":
            name = f"{match[2]} {match[3].strip(' ~')}".strip()
            if match[1] or match[2] == "else":
                yield match.end(), match[1] or "else", name
            continue
        sign, rest = match[1], " ".join(match[2].strip("-+ \t\n").split())
        is_raw = sign == "raw" or (is_raw and sign != "endraw")
        if is_raw:
            continue
        yield match.end(), sign, f"{sign} {rest}".strip()


def _sent(text: str) -> frozenset[str]:
    """The names that a template puts out or calls, at any place."""
    return frozenset(word for tag in _OUTPUT.findall(text) for word in _NAME.findall(tag))


def _step(found: Branches, stack: list[Branch], sign: str, label: str) -> None:
    if sign in {"if", "for", "#", "set", "macro"} or sign == "^":
        told = f"{sign}{label}" if sign in {"#", "^"} else label
        stack.append(Branch(chain=len(found.sizes), index=0, label=told))
        found.sizes[len(found.sizes)] = 0
    elif sign in {"elif", "else"} and stack:
        last = stack.pop()
        index = last.index + 1
        is_last = label == "else"
        told = f"else of {last.label}" if is_last else label
        stack.append(Branch(chain=last.chain, index=index, label=told))
        if is_last:
            found.sizes[last.chain] = index + 1
    elif sign in {"endif", "endfor", "endset", "endmacro", "/"} and stack:
        stack.pop()
