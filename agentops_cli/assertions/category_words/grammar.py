r"""The notation the grammars are written in, and its translation to regular expressions.

    # A comment.
    able: able | allowed | permitted
    no: cannot | am <adv> not <able> to
      | would [much] rather not

A definition is a name, a colon and its alternatives; indented lines go on with it. `<name>` stands
for one defined before, `<name:ing>` for its verbs in their -ing form, `[words]` are optional,
`<gap3>` is up to three words of the same clause, and `<adv>` up to three adverbs. Parentheses
group, `^` and `$` are the ends of the sentence; the rest is regular expression. Grammars match on
the plain words of `prose`: lower case, one space between, a comma for every inner mark.
"""

import re
from collections.abc import Iterator
from functools import cached_property


class Grammar:
    """The definitions of one text in the notation above."""

    def __init__(self, text: str) -> None:
        self._text = text

    def phrases(self, *names: str) -> "Phrases":
        """What the named definitions describe."""
        return Phrases(self, names)

    @cached_property
    def sources(self) -> dict[str, str]:
        """The regular expression of every definition, by name.

        Raises KeyError for a reference to a name that is not defined before it.
        """
        sources: dict[str, str] = {}

        def referred(reference: re.Match[str]) -> str:
            source = sources[reference["name"]]
            if reference["ing"]:
                source = "|".join(map(_ing, source.split("|")))
            return f"(?:{source})"

        for name, body in _definitions(self._text):
            sources[name] = _REFERENCE.sub(referred, _without_notation(body))
        return sources


class Phrases:
    """Whole words that one of some definitions describes.

    Compiled when first searched for: the largest takes a tenth of a second, which a command that
    only lists cases need not wait for.
    """

    def __init__(self, grammar: Grammar, names: tuple[str, ...]) -> None:
        self.grammar, self._names = grammar, names

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        choices = "|".join(self.grammar.sources[name] for name in self._names)
        return re.compile(rf"(?<!\S)(?:{choices})(?!\S)")

    def search(self, words: str) -> re.Match[str] | None:
        """The first place in a sentence of plain words, or None."""
        return self._pattern.search(words)

    def finditer(self, words: str) -> Iterator[re.Match[str]]:
        """Every place, from left to right."""
        return self._pattern.finditer(words)


_HEAD = re.compile(r"(?<!\S)(?P<name>[a-z][a-z-]*):(?= )")


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    lines = (line.strip() for line in text.splitlines())
    body = " ".join(line for line in lines if not line.startswith("#"))
    heads = list(_HEAD.finditer(body))
    ends = [head.start() for head in heads[1:]] + [len(body)]
    for head, end in zip(heads, ends, strict=True):
        yield head["name"], body[head.end() : end].strip()


_REFERENCE = re.compile(r"<(?P<name>[a-z][a-z-]*)(?P<ing>:ing)?>")
_ADVERBS = (
    r"(?:(?:, )?(?:\w+ly|also|just|still|even|ever|never|therefore|however|thus|hence|so|too|very|"
    r"much|in good conscience|at this time|in any way|under any circumstances) (?:, )?){0,3}"
)
_NOTATION = (
    (re.compile(r"\s*\|\s*"), "|"),
    (re.compile(r"\((?!\?)"), "(?:"),
    # Optional words: those that end an alternative keep the space before them, the others after.
    (re.compile(r" \[([^]]*)\](?=(?: \[[^]]*\])*(?:\Z|[|)$]))"), r"(?: (?:\1))?"),
    (re.compile(r"\[([^]]*)\] "), r"(?:(?:\1) )?"),
    (re.compile(r"<adv> "), _ADVERBS.replace("\\", r"\\")),
    (re.compile(r"<gap(\d+)> "), r"(?:\\w+ ){0,\1}?"),
)


def _without_notation(body: str) -> str:
    """`body` as a regular expression in which only the references are left."""
    for notation, source in _NOTATION:
        body = notation.sub(source, body)
    return body


def _ing(verb: str) -> str:
    first, *rest = verb.split(" ")
    silent_e = first.endswith("e") and not first.endswith(("ee", "ye"))
    return " ".join((f"{first[:-1] if silent_e else first}ing", *rest))
