"""The prompt says what day it is, or as of when something holds, and from tomorrow on it is wrong.

«Today is 2026-03-01» or «prices as of March 2026» stay as they are while the world goes on. Models
believe it, and reckon with it.

Quiet: about dates that no such words stand before; within code, quotations and examples; about
formats such as YYYY-MM-DD. The words are English.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_YEAR: Final = re.compile(r"20[2-9]\d")
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE: Final = (
    rf"(?:20\d\d-\d\d(?:-\d\d)?|(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}"
    r"(?:\s+\d{1,2}(?:st|nd|rd|th)?,?)?\s+20\d\d|\d{1,2}[./]\d{1,2}[./]20\d\d)"
)
_CLAIM: Final = re.compile(
    rf"""
    \b (?:
      (?: today | today['\u2019]s\ date | (?:the\ )?current\ (?:date|day|time) | the\ date
        | (?:the\ )?present\ day | it )
      (?: \ is (?:\ (?:now|currently))? | : | \ = ) [ \t]* (?:\w+day,?[ \t]+)? (?P<date>{_DATE})
    | as\ of (?:\ (?:early|late|mid))? [ \t-]+ (?P<asof>{_DATE})
    | (?:the\ )? current\ year (?:\ is|:) [ \t]* (?P<year>20\d\d)
    | (?:it\ is\ (?:now|currently)|we\ are\ in) (?:\ the\ year)? [ \t]+ (?P<now>20\d\d)
    ) \b
    """,
    re.VERBOSE | re.IGNORECASE,
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each claim of a date, at the date."""
    for passage in file.passages:
        if not _YEAR.search(passage.text):
            continue
        for found in _CLAIM.finditer(passage.text):
            group = found.lastgroup or "date"
            start = passage.offset(found.start(group))
            if file.markup.is_own_voice(passage.offset(found.start())):
                end = passage.offset(found.end(group) - 1) + 1 if passage.exact else start
                yield Hit(
                    at=Span(start=start, end=end),
                    message=f"'{found[0]}' is written down once and for all",
                    fix="make the date a variable of the input, or leave it out",
                )
