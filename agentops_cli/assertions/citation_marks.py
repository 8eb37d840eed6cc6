"""Where a text cites, in the forms that models and their users write.

`[1]`, `[doc-3]`, `[^2]`, `[1, 4]`, `[2-4]`, `[docs/faq.md]`, `[source: doc-3]`, `[doc 3]`,
`(source: faq.md)` and `【4:0†source】`. These are none: a link `[text](url)` unless its text is an
id or a number, a picture, a task mark, a mark of redaction, `[sic]`, words in brackets.
"""

import re
from collections.abc import Callable, Iterator

_LEAD = r"(?:citations?|docs?|documents?|passages?|refs?|references?|sources?)"
_MARK = re.compile(
    rf"""
      (?<!!)\[(?P<square>[^][\n]{{1,200}})\](?P<link>\()?
    | 【(?P<lenticular>[^】\n]{{1,200}})】
    | \((?P<round>\s*{_LEAD}\s*:[^()\n]{{1,200}})\)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LED = re.compile(rf"\s*{_LEAD}(?P<colon>\s*:\s*|\s+)", re.IGNORECASE)
_PART = re.compile(r"\s*\^?(?P<name>(?:(?!\sand\s|[,;&]).)+)(?:\sand\s|[,;&]|$)")
_RANGE = re.compile(r"(\d{1,4})\s*-\s*(\d{1,4})")
_TOKEN = re.compile(r"(?=.*\w)(?!x$|sic$|redacted:)[\w.:#/@+%~-]+", re.IGNORECASE)

# As many as anybody means when they cite a range.
_LONGEST_RANGE = 50

# Models like to set ids with typographic hyphens; each is one character, so places stay.
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def plain_hyphens(text: str) -> str:
    """The text with the plain hyphen for every other that looks like it."""
    return text if text.isascii() else text.translate(_HYPHENS)


def cited_in(text: str, *, is_known: Callable[[str], bool]) -> dict[str, int]:
    """The ids that a text cites, each with the place where it first stands.

    Where brackets may hold something else, what is known as an id is a citation. `text` has plain
    hyphens.
    """
    found: dict[str, int] = {}
    for match in _MARK.finditer(text):
        form = match.lastgroup if match.lastgroup != "link" else "square"
        content, start = match[form or 0], match.start(form or 0)
        for name, place in _names(content, is_known):
            if match["link"] and not (is_known(name) or name.isdigit()):
                continue
            found.setdefault(name, start + place)
    return found


def _names(content: str, is_known: Callable[[str], bool]) -> Iterator[tuple[str, int]]:
    """What the content of one pair of brackets cites, with its place in it."""
    if is_known(content.strip()):
        yield content.strip(), len(content) - len(content.lstrip())
        return
    led = _LED.match(content)
    for match in _PART.finditer(content, led.end() if led else 0):
        name = match["name"].partition("\N{DAGGER}")[0].strip()
        place = match.start("name")
        if is_known(name):
            yield name, place
        elif numbers := _numbers(name):
            yield from ((number, place) for number in numbers)
        elif _is_meant(name, led):
            yield name, place


def _is_meant(name: str, led: re.Match[str] | None) -> bool:
    """True when what is not known as an id stands where one stands: then it is invented."""
    if led and led["colon"].strip():
        return bool(name)
    # Without a colon the word before it may be prose: "[source needed]".
    return bool(_TOKEN.fullmatch(name)) and (not led or any(map(str.isdigit, name)))


def _numbers(name: str) -> list[str]:
    """The numbers of a range, both ends included; empty for anything else."""
    match = _RANGE.fullmatch(name)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    return [str(n) for n in range(first, last + 1)] if 0 < last - first < _LONGEST_RANGE else []
