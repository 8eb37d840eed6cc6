"""Where a text cites, in the forms that models and their users write.

`[1]`, `[doc-3]`, `[^2]`, `[1, 4]`, `[2-4]`, `[3, p. 12]`, `[docs/faq.md]`, `[source: doc-3]`,
`[doc 3]`, `(source: faq.md)` and `【4:0†source】`. These are none: a link `[text](url)` and a
picture unless their text is an id or a number, a task mark, a mark of redaction, `[sic]`, words in
brackets unless the ids are several words too.

An invented source looks like a real one: what has the shape of an id that is known is meant as one.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_LEAD = r"(?:citations?|cf\.?|docs?|documents?|passages?|refs?\.?|references?|see|sources?)"
# A line may break inside of brackets, a paragraph does not.
_MARK = re.compile(
    rf"""
      (?P<picture>!)?\[(?P<square>(?:[^][\n]|\n(?!\s*\n)){{1,2000}})\](?P<link>\()?
    | 【(?P<lenticular>(?:[^】\n]|\n(?!\s*\n)){{1,2000}})】
    | \((?P<round>\s*{_LEAD}\s*:(?:[^()\n]|\n(?!\s*\n)){{1,2000}})\)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LED = re.compile(rf"\s*{_LEAD}(?P<colon>\s*:\s*|\s+)", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;&|\u3001]|\s(?:and|or)\s")
_RANGE = re.compile(r"(\d{1,4})\s*-\s*(\d{1,4})")
_TOKEN = re.compile(r"(?=.*\w)[\w.:#/@+%~-]+")
_NO_ID = re.compile(r"x|sic|redacted:.*|(?:citation|reference|source)s? needed", re.IGNORECASE)

_PAGE = r"(?:pp?|pages?|ll?|lines?|ch|chapter|secs?|section|paras?|paragraph)(?:\.\s*|\s+)"
_PLACE = rf"(?:{_PAGE}|\u00a7+\s*)\d+(?:\s*-\s*\d+)?"
_ONLY_PLACE = re.compile(_PLACE, re.IGNORECASE)
_WITH_PLACE = re.compile(rf"(?P<id>\S.*?)(?:\s*:\s+\d+(?:-\d+)?|:?\s+{_PLACE})", re.IGNORECASE)

_RUN = re.compile(r"\d+|[^\W\d_]+(?:\s+[^\W\d_]+)*|\s+")

# As many as anybody means when they cite a range, and as have separators in one id.
_LONGEST_RANGE = 50
_LONGEST_ID = 5

# Each is one character, so places stay: hyphens that models like to set, and full-width ASCII.
_PLAIN = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-"),
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
}


def plain(text: str) -> str:
    """The text with plain characters for others that look like them, each in its place."""
    return text if text.isascii() else text.translate(_PLAIN)


def plain_id(name: str) -> str:
    """An id as it is compared: plain, and with single spaces."""
    return " ".join(plain(name).split())


def cited_in(text: str, *, known: Collection[str]) -> dict[str, int]:
    """The ids that a text cites, each with the place where it first stands.

    Where brackets may hold something else, what is known as an id is a citation, and what looks
    like one of them. `text` is plain, and so is what is `known`.
    """
    ids = _Ids(known=frozenset(known), shapes=frozenset(map(_shape, known)))
    found: dict[str, int] = {}
    # Markdown lets brackets be escaped.
    for match in _MARK.finditer(text.replace("\\[", " [").replace("\\]", "] ")):
        form = next(form for form in ("square", "lenticular", "round") if match[form] is not None)
        if match["picture"] and match["link"]:
            continue
        for name, place in ids.within(match[form]):
            if not (match["picture"] or match["link"]) or ids.is_certain(name):
                found.setdefault(name, match.start(form) + place)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ids:
    """The ids that may be cited, and their shapes."""

    known: frozenset[str]
    shapes: frozenset[str]

    def is_certain(self, name: str) -> bool:
        """True when a name is a citation even where it is the text of a link."""
        return name in self.known or name.isdigit() or _shape(name) in self.shapes - {"a", "a a"}

    def within(self, content: str) -> Iterator[tuple[str, int]]:
        """What the content of one pair of brackets cites, with its place in it."""
        if name := self._known(content):
            yield name, len(content) - len(content.lstrip())
            return
        led = _LED.match(content)
        colon = bool(led and led["colon"].strip())
        cuts = [*_SEPARATOR.finditer(content)]
        starts = [0, *(cut.end() for cut in cuts)]
        ends = [*(cut.start() for cut in cuts), len(content)]
        at = 0
        while at < len(starts):
            # An id may have a comma or an "and" in it: the longest that is known is meant.
            lasts = range(min(at + _LONGEST_ID, len(ends)) - 1, at - 1, -1)
            wholes = ((self._known(content[starts[at] : ends[last]]), last) for last in lasts)
            name, last = next((whole for whole in wholes if whole[0]), (None, at))
            part = content[starts[at] : ends[last]]
            names = [name] if name else self._unknown(part, colon=colon)
            for one in names:
                yield one, starts[at] + max(part.find(one), len(part) - len(part.lstrip()))
            at = last + 1

    def _known(self, part: str) -> str | None:
        """The known id that a part names; None for any other."""
        return next((name for name in _readings(part) if name in self.known), None)

    def _unknown(self, part: str, *, colon: bool) -> list[str]:
        """The ids that a part means and that are not known; none of what is no citation."""
        first, *_, last = readings = [*_readings(part)]
        if not last or any(map(_NO_ID.fullmatch, readings)):
            return []
        if numbers := _numbers(last):
            return numbers
        # One word is judged below: there are many in prose.
        shapes = self.shapes - {"a"}
        name = next((name for name in readings if _shape(name) in shapes), None)
        if name or colon:
            return [name or last]
        # Without a colon the word before it may be prose: "[see below]".
        certain = first == last or any(map(str.isdigit, last))
        is_id = certain and _TOKEN.fullmatch(last) and not _ONLY_PLACE.fullmatch(last)
        return [last] if is_id else []


def _readings(part: str) -> Iterator[str]:
    """What a part may name, the most literal first: as it is, without marks, lead and page."""
    name = plain_id(part.partition("\N{DAGGER}")[0])
    yield name
    name = name.strip(" ^*_'\"\u2018\u2019\u201c\u201d")
    yield name
    if led := _LED.match(name):
        name = name[led.end() :]
        yield name
    if placed := _WITH_PLACE.fullmatch(name):
        yield placed["id"]


def _shape(name: str) -> str:
    """A name with 9 for each number and a for words; several words alone are another shape."""
    shape = _RUN.sub(lambda run: "9" if run[0].isdigit() else "a" if run[0].strip() else " ", name)
    return "a a" if shape == "a" and " " in name else shape


def _numbers(name: str) -> list[str]:
    """The numbers of a range, both ends included; empty for anything else."""
    match = _RANGE.fullmatch(name)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    return [str(n) for n in range(first, last + 1)] if 0 < last - first < _LONGEST_RANGE else []
