"""Handlebars as dotprompt has it, in Jinja: values, `#if`, `#unless`, `#each` and `role`.

A value is printed as JavaScript prints it, and is true or false as Handlebars has it. Where
Handlebars prints nothing for a part that is missing, or `[object Object]`, ours says what is wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from agentops_cli.model.prompt import PromptInput
from agentops_cli.prompt.foreign.jinja import NoEqualError, demand_name, literal
from agentops_cli.prompt.foreign.messages import ROLES
from agentops_cli.prompt.roles import mark_of

_TAG: Final = re.compile(
    r"""
    (?P<backslash>\\?) \{\{ (?:
      !-- (?P<long>(?:(?!--\}\}).)*+) --\}\}
    | !   (?P<short>[^}]*+) \}\}
    | (?P<triple>\{)? \s* (?P<sign>[#/^]?) \s* (?P<words>(?:"[^"\n]*+"|'[^'\n]*+'|[^{}"'])*+)
      (?(triple)\}\}\}|\}\})
    )
    """,
    re.DOTALL | re.VERBOSE,
)
_SEGMENT: Final = re.compile(r"[^\W\d][\w-]*")
_END: Final = re.compile(r"[}%#]\}")
_COUNTERS: Final = {"@index": "loop.index0", "@first": "loop.first", "@last": "loop.last"}
_FIX: Final = "use values, #if, #unless and #each, or write the prompt as *.prompt.md"

_BlockName = Literal["if", "unless", "each"]
_CLOSING: Final[Mapping[str, str]] = {"if": "endif", "unless": "endif", "each": "endfor"}


@dataclass(slots=True)
class _Block:
    name: _BlockName
    at: int
    has_else: bool = False
    is_chain: bool = False


def of_handlebars(text: str, inputs: Mapping[str, PromptInput] | None) -> str:
    """A template of dotprompt, its messages marked; `inputs` tell the types of its variables.

    Raises `NoEqualError` at the first tag that has no equal.
    """
    return _Converter(text, inputs or {}).template()


class _Converter:
    def __init__(self, text: str, inputs: Mapping[str, PromptInput]) -> None:
        self._text = text
        self._inputs = inputs
        self._blocks: list[_Block] = []
        self._items: list[str] = []
        self._loops = 0

    def template(self) -> str:
        """All of it."""
        pieces, at, text = [], 0, self._text
        while (start := text.find("{{", at)) >= 0:
            found = _TAG.match(text, start)
            if found is None or _is_odd(found):
                raise NoEqualError(start, "this tag cannot be read, or is escaped", _FIX)
            in_chain = bool(self._blocks) and self._blocks[-1].is_chain
            tag = self._tag(found)
            lines, end = found[0].count("\n"), found.end()
            if found["words"] is None or tag.startswith("{%"):
                # A block or comment alone on its line takes the line with it.
                begin = text.rfind("\n", at, start) + 1 or at
                stop = text.find("\n", end)
                stop = len(text) if stop < 0 else stop
                is_line = begin == 0 or text[begin - 1] == "\n"
                if is_line and not text[begin:start].strip() and not text[end:stop].strip():
                    if in_chain and begin < start and tag != "{##}":
                        message = "the space before this tag, below an '{{else if}}', has no equal"
                        raise NoEqualError(start, message, "begin it on the first column")
                    start = begin
                    lines += stop < len(text)
                    end = min(stop + 1, len(text))
            pieces += [literal(text[at:start]), _padded(tag, lines)]
            at = end
        if self._blocks:
            block = self._blocks[-1]
            name = f"{{{{#{block.name}}}}}"
            raise NoEqualError(block.at, f"'{name}' is never closed", f"add {{{{/{block.name}}}}}")
        return "".join(pieces) + literal(text[at:])

    def _tag(self, found: re.Match[str]) -> str:
        """What one tag is in Jinja."""
        if found["words"] is None:
            return "{##}"
        at, sign, words = found.start(), found["sign"], found["words"].split()
        if not words:
            if sign == "^":
                return self._else([], at)
            raise NoEqualError(at, "the tag is empty", "write a name, or remove it")
        _demand_plain(found, words)
        if sign == "#":
            return self._open(words, at)
        if sign == "/":
            return self._close(words, at)
        if words[0] == "else" or sign == "^":
            return self._else(words[1:], at)
        if words[0] == "role":
            return self._role(found["words"], at)
        if len(words) > 1 or words[0].startswith((">", "&", "*")) or words[0] == "history":
            raise NoEqualError(at, f"'{{{{{' '.join(words)}}}}}' has no equal", _FIX)
        return self._output(words[0], at)

    def _role(self, words: str, at: int) -> str:
        name = words.split(maxsplit=1)[1:] or [""]
        role = ROLES.get(name[0].strip()[1:-1])
        if role is None or name[0][:1] not in "\"'":
            raise NoEqualError(
                at, f"{name[0].strip()!r} is not a role", "write system, user or model"
            )
        return mark_of(role)

    def _open(self, words: list[str], at: int) -> str:
        name = words[0]
        if len(words) != 2 or name not in _CLOSING:  # A helper and its argument.
            raise NoEqualError(at, f"'{{{{#{' '.join(words)}}}}}' has no equal", _FIX)
        path = words[1]
        if name == "if":
            tag = f"{{% if {self._truth(path, at)} %}}"
            self._blocks.append(_Block(name="if", at=at))
        elif name == "unless":
            tag = f"{{% if not ({self._truth(path, at)}) %}}"
            self._blocks.append(_Block(name="unless", at=at))
        else:
            value = self._path(path, at)
            item = f"_item{self._loops}"
            self._loops += 1
            items = f"({value}.values() if {value} is mapping else [] if {value} is string"
            items += f" else {value} or [])"
            tag = f"{{% for {item} in ({items} if {value} is defined else []) %}}"
            self._blocks.append(_Block(name="each", at=at))
            self._items.append(item)
        return tag

    def _close(self, words: list[str], at: int) -> str:
        name = words[0]
        if not self._blocks or self._blocks[-1].name != name:
            message = f"'{{{{/{name}}}}}' does not belong here"
            raise NoEqualError(at, message, "close the blocks in the order in which they are open")
        block = self._blocks.pop()
        if name == "each" and not block.has_else:
            self._items.pop()
        return f"{{% {_CLOSING[name]} %}}"

    def _else(self, words: list[str], at: int) -> str:
        block = self._blocks[-1] if self._blocks else None
        if block is None:
            raise NoEqualError(at, "'{{else}}' stands outside of a block", "remove it")
        if words:
            if len(words) != 2 or words[0] != "if" or block.name == "each" or block.has_else:
                raise NoEqualError(at, f"'{{{{else {' '.join(words)}}}}}' has no equal", _FIX)
            block.is_chain = True
            return f"{{% elif {self._truth(words[1], at)} %}}"
        if block.has_else:
            raise NoEqualError(at, "a second '{{else}}'", "remove it")
        block.has_else = True
        if block.name == "each":
            self._items.pop()
        return "{% else %}"

    def _truth(self, path: str, at: int) -> str:
        if path in _COUNTERS and self._items:
            return _COUNTERS[path]
        value = self._path(path, at)
        return f"{value} is defined and ({value} is mapping or {value})"

    def _output(self, path: str, at: int) -> str:
        if path == "@index" and self._items:
            return "{{ loop.index0 }}"
        value = self._path(path, at)
        declared = self._inputs.get(value)
        kind = declared.schema.get("type") if declared else None
        if kind == "string":
            return f"{{{{ {value} }}}}"
        # Of a list or a mapping JavaScript prints what nobody wants; rounding it fails and says so.
        return (
            f"{{{{ {value} if {value} is string else '' if {value} is none"
            f" else 'true' if {value} is true else 'false' if {value} is false"
            f" else ({value} | int if {value} == {value} | int else {value}) if {value} is number"
            f" else {value} | round if {value} is defined else {value} }}}}"
        )

    def _path(self, path: str, at: int) -> str:
        """A path as an expression: of the case's variables, or of what a loop is at."""
        rest, depth = path, len(self._items)
        while rest.startswith("../"):
            rest, depth = rest[3:], depth - 1
        if rest.startswith("@root."):
            rest, depth = rest[6:], 0
        is_this = rest == "this" or rest.startswith(("this.", "this/", "./"))
        if is_this:
            rest = re.sub(r"^(?:this[./]?|\./)", "", rest)
        segments = rest.split(".") if rest else []
        if depth < 0 or not all(map(_SEGMENT.fullmatch, segments)) or (rest == "" and depth == 0):
            raise NoEqualError(at, f"{path!r} has no equal here", _FIX)
        if depth:
            base = self._items[depth - 1]
        else:
            base, *segments = segments
            demand_name(base, at)
            if base.startswith("_item"):
                raise NoEqualError(at, f"{base!r} is a name of ours", "give it another name")
        return base + "".join(f"[{each!r}]" for each in segments)


def _demand_plain(tag: re.Match[str], words: list[str]) -> None:
    """Raises for what a tag may hold in Handlebars but not here."""
    if tag["triple"] and (tag["sign"] or words[0] == "else"):
        raise NoEqualError(tag.start(), f"'{tag[0]}' has no equal", _FIX)
    if any("~" in word for word in words):
        message = "'~', which takes white space away, has no equal"
        raise NoEqualError(tag.start(), message, "remove it")


def _is_odd(tag: re.Match[str]) -> bool:
    """Whether a tag is escaped, or ends in a brace too many, which `{{else}}` and comments may."""
    text, start, words = tag.string, tag.start(), tag["words"]
    is_odd = words is not None and words.strip() != "else" and text.startswith("}", tag.end())
    return is_odd or (start > 0 and text[start - 1] == "\\")


def _padded(tag: str, lines: int) -> str:
    """A tag with line ends in it, where they are white space."""
    end = _END.search(tag) if lines else None
    return tag[: end.start()] + "\n" * lines + tag[end.start() :] if end else tag
