"""What a Handlebars or Mustache template reads.

A tokenizer of our own: it knows tags, blocks and paths, which is all that the linter asks about.
Within a block that has a context of its own, such as `each`, a plain name is a part of an item and
no variable of the case.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from agentops_cli.model.finding import Finding
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Include, Piece, Source, TemplateView, Use

if TYPE_CHECKING:
    # Jinja is slow to load.
    from agentops_cli.template.reads import UseKind

_COMMENT: Final = re.compile(r"~?!")
_DASHES: Final = re.compile(r"--~?\}\}")
# A brace within a tag is a mistake unless it stands in quotes.
_CONTENT: Final = re.compile(r"""(?>[^{}"']++|"[^"]*+"|'[^']*+'|["']|\}(?!\}))*+""")
_TOKEN: Final = re.compile(r""""[^"]*+"|'[^']*+'|[()=|]|\[[^\]]*+\]|[^\s()=|"'\[]++|["'\[]""")
# What no name may hold, by Handlebars' own grammar; a text in quotes is another word.
_NO_NAME: Final = re.compile(r"""[^"'\[]*?[!#%&*+,;<>^`{}~\\]|["'\[]\Z""")
_PATH: Final = re.compile(
    r"(?:@root[./]|this[./]|\./)?+(?P<up>(?:\.\./)*+)(?P<name>[A-Za-z_$][\w$-]*+)"
)
_LITERALS: Final = frozenset(("true", "false", "null", "undefined", "this", "else"))

_ASKING: Final = frozenset(("if", "unless", "ifEquals", "unlessEquals"))
_OWN_CONTEXT: Final = frozenset(("each", "with"))
_ALONE: Final = frozenset(("history", "else", "this"))
"""Helpers of dotprompt, and words, that stand without an argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    name: str
    at: int
    has_context: bool
    locals: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    at: int


@dataclass(slots=True)
class _Found:
    uses: list[Use] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    optional: set[str] = field(default_factory=set)


def view(source: Source, file: PromptFile) -> TemplateView:
    """The view of one template."""
    if "{{" not in source.text:
        return TemplateView()
    return _Reader(source, file).view()


class _Reader:
    def __init__(self, source: Source, file: PromptFile) -> None:
        self._source = source
        self._file = file
        self._text = source.text
        self._found = _Found()
        self._blocks: list[_Block] = []
        self._contexts = 0
        self._locals: Counter[str] = Counter()
        self._is_mustache = file.engine == "mustache"

    def view(self) -> TemplateView:
        """All that is read, and the first mistake."""
        for start, end, content in self._tags():
            self._tag(start, end, content)
        if self._blocks and not self._found.problems:
            block = self._blocks[-1]
            name = f"{{{{#{block.name}}}}}"
            self._refuse(block.at, f"'{name}' is never closed", f"add {{{{/{block.name}}}}}")
        found = self._found
        return TemplateView(
            uses=tuple(
                replace(use, optional=True) if use.name in found.optional else use
                for use in found.uses
            ),
            includes=tuple(found.includes),
            problems=tuple(found.problems),
            pieces=tuple(found.pieces),
        )

    def _tags(self) -> Iterator[tuple[int, int, _Word]]:
        """The tags: where each begins and ends, and what is in it; comments are left out."""
        text, at = self._text, 0
        while (start := text.find("{{", at)) >= 0:
            inside = start + 2
            # One backslash makes text of a tag; two are a backslash before it.
            before = text[max(start - 2, 0) : start]
            if not self._is_mustache and before.endswith("\\") and before != "\\\\":
                at = inside
                continue
            if _COMMENT.match(text, inside):
                at = self._end_of_comment(inside)
                if at < 0:
                    self._refuse(start, "'{{!' is never closed", "add }} after the comment")
                    return
                continue
            if text.startswith("{{=", start):
                return  # Mustache with other braces: nothing is known of what follows.
            if text.startswith("{{{{", start):
                at = self._end_of_raw(start)
                continue
            closing = "}}"
            if text.startswith("{", inside):
                inside, closing = inside + 1, "}}}"
            content = _CONTENT.match(text, inside)
            end = content.end() if content else inside
            if not text.startswith(closing, end):
                self._refuse(start, f"'{{{{' is never closed with '{closing}'", f"add {closing}")
                at = inside
                continue
            at = end + len(closing)
            yield start, at, _Word(text=text[inside:end], at=inside)

    def _end_of_comment(self, inside: int) -> int:
        text = self._text
        dashes = text.startswith("!--", inside) or text.startswith("~!--", inside)
        if dashes and not self._is_mustache:
            found = _DASHES.search(text, inside)
            return found.end() if found else -1
        end = text.find("}}", inside)
        return end + 2 if end >= 0 else -1

    def _end_of_raw(self, start: int) -> int:
        """The end of `{{{{raw}}}} … {{{{/raw}}}}`."""
        close = self._text.find("{{{{/", start + 4)
        end = self._text.find("}}}}", close) if close >= 0 else -1
        return end + 4 if end >= 0 else len(self._text)

    def _tag(self, start: int, end: int, content: _Word) -> None:
        text = content.text
        lead = len(text) - len(text.lstrip("~ \t\n&"))
        body = text[lead:].rstrip("~ \t\n")
        at = content.at + lead
        sign = body[:1]
        if sign in ("#", "/", "^", ">"):
            words = self._words(body[1:].lstrip("*>"), at + len(body) - len(body[1:].lstrip("*>")))
        else:
            words = self._words(body, at)
        tag = (start, end)
        if sign == "/":
            self._close(words, start)
        elif sign == ">":
            self._include(words, tag)
        elif sign == "#" or (sign == "^" and words):
            self._open(words, tag)
        elif sign == "^" or (words and words[0].text == "else" and not self._is_mustache):
            self._else(words, tag)
        elif words:
            self._expression(words, tag, "output")
        else:
            self._refuse(start, "the tag is empty", "write a name, or remove it")

    def _words(self, body: str, at: int) -> list[_Word]:
        words = [_Word(text=each[0], at=at + each.start()) for each in _TOKEN.finditer(body)]
        for word in () if self._is_mustache else words:
            if wrong := _NO_NAME.match(word.text):
                place, sign = word.at + wrong.end() - 1, wrong[0][-1]
                message = f"the character {sign!r} does not belong here"
                self._refuse(place, message, "write a name, a path, or a text in quotes")
        return words

    # Blocks

    def _open(self, words: list[_Word], tag: tuple[int, int]) -> None:
        if not words:
            self._refuse(tag[0], "the block has no name", "write a name after #")
            return
        name = words[0].text
        given, names = _block_parameters(words)
        self._piece("tag", words[0])
        if len(given) > 1 and not self._is_mustache:
            kind: UseKind = (
                "condition" if name in _ASKING else "loop" if name == "each" else "other"
            )
            for word in self._arguments(given):
                self._path(word, tag, kind, asks=name in _ASKING)
        else:
            self._path(words[0], tag, "loop", asks=True)
        has_context = name in _OWN_CONTEXT or len(given) == 1
        self._blocks.append(
            _Block(name=name, at=tag[0], has_context=has_context, locals=frozenset(names))
        )
        self._contexts += has_context
        self._locals.update(names)

    def _close(self, words: list[_Word], start: int) -> None:
        name = words[0].text if words else ""
        if not self._blocks:
            self._refuse(start, f"'{{{{/{name}}}}}' closes nothing", "remove it")
            return
        block = self._blocks.pop()
        self._contexts -= block.has_context
        self._locals.subtract(block.locals)
        if block.name != name:
            message = f"'{{{{/{name}}}}}' does not belong here"
            self._refuse(start, message, f"close '{{{{#{block.name}}}}}' before it")

    def _else(self, words: list[_Word], tag: tuple[int, int]) -> None:
        if not self._blocks:
            self._refuse(tag[0], "'{{else}}' stands outside of a block", "remove it")
        for word in self._arguments(words[1:]):
            self._path(word, tag, "condition", asks=True)

    # Expressions

    def _include(self, words: list[_Word], tag: tuple[int, int]) -> None:
        span = self._source.span(*tag)
        first = words[0].text if words else "("
        name = None if first == "(" else first.strip("\"'")
        self._found.includes.append(Include(name=name, span=span))
        for word in self._arguments(words):
            self._path(word, tag, "other")

    def _expression(self, words: list[_Word], tag: tuple[int, int], kind: "UseKind") -> None:
        if len(words) == 1 or self._is_mustache:
            if words[0].text not in _ALONE:
                self._path(words[0], tag, kind)
            return
        helper = words[0]
        self._piece("call", helper)
        for word in self._arguments(words):
            self._path(word, tag, kind, filters=(helper.text,))

    def _arguments(self, words: list[_Word]) -> Iterator[_Word]:
        """The words behind the first that are values, and no keys or names of helpers."""
        for index, word in enumerate(words[1:], start=1):
            if words[index - 1].text == "(":
                self._piece("call", word)
            elif index + 1 == len(words) or words[index + 1].text != "=":
                yield word

    def _path(
        self,
        word: _Word,
        tag: tuple[int, int],
        kind: "UseKind",
        *,
        filters: tuple[str, ...] = (),
        asks: bool = False,
    ) -> None:
        """Notes the variable that a path begins with, if it is one of the case."""
        found = _PATH.match(word.text)
        if found is None or found["name"] in _LITERALS:
            return
        name = found["name"]
        is_root = word.text.startswith("@root")
        if not is_root and (self._is_inside(found) or self._locals[name]):
            return
        start = word.at + found.start("name")
        span = self._source.span(start, start + len(name))
        passage, role = self._source.message(span)
        if asks:
            self._found.optional.add(name)
        self._found.uses.append(
            Use(
                name=name,
                span=span,
                tag=self._source.span(*tag),
                kind=kind,
                role=role,
                passage=passage,
                filters=filters,
            )
        )

    def _is_inside(self, found: re.Match[str]) -> bool:
        """Whether a path leads into what a block made its context."""
        return len(found["up"]) // len("../") < self._contexts

    def _piece(self, kind: str, word: _Word) -> None:
        span = self._source.span(word.at, word.at + len(word.text))
        self._found.pieces.append(
            Piece(kind="tag" if kind == "tag" else "call", name=word.text, span=span)
        )

    def _refuse(self, at: int, message: str, fix: str) -> None:
        """Notes a mistake; only the first is told, for others may follow from it."""
        if self._found.problems:
            return
        place = self._file.location(self._source.span(at, at + 1).start)
        problem = Finding(rule="syntax", message=message, location=place, fix=fix)
        self._found.problems.append(problem)


def _block_parameters(words: list[_Word]) -> tuple[list[_Word], list[str]]:
    """The words before `as |item index|`, and the names between the bars."""
    for index, word in enumerate(words):
        if word.text == "|" and index and words[index - 1].text == "as":
            return words[: index - 1], [each.text for each in words[index + 1 :]]
    return words, []
