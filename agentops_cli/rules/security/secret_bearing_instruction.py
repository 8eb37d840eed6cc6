"""The prompt tells the model a secret, which it can be talked into repeating.

«The password is …» and «never reveal the code …» with the code beside it put the secret where any
user may get it from: no instruction keeps a model from saying what it knows. Check secrets in code,
outside of the model, and give it only the outcome.

Quiet: in code, quotations and examples; where no value follows, or only a placeholder, a variable
or a word; for users of tests; in files for agents that program, where whoever talks to the model
can read the file. English only.

Source: OWASP LLM07:2025 (system prompt leakage), https://genai.owasp.org, recalled, not verified
again.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.patterns import is_placeholder
from agentops_cli.prompt.markup import Said, spoken
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_HINTS: Final = (
    "assword",
    "assphrase",
    "asscode",
    "ecret ",
    "ccess code",
    "pin is",
    "PIN is",
    "assword:",
)
_WHAT: Final = (
    r"(?:passwords?|passphrase|passcode|secret (?:code|key|word|phrase|password|token)|access code"
    r"|(?:unlock|door|override|master|admin) (?:code|key|password|pin)|pin(?: code)?)"
)
_VALUE: Final = r"[\"'\u201c\u2018`*]{0,3}(?P<value>[^\s\"'\u201d\u2019`*,;]{4,100})"
_TOLD: Final = re.compile(
    rf"\b{_WHAT}(?: for [\w ]{{1,40}})?(?: is|:| =) ?{_VALUE}"
    rf"|\b(?:never|do not|don't) (?:reveal|share|disclose|tell|mention|say|give out)\b"
    rf"[^.\n]{{0,60}}?"
    rf"\b(?:{_WHAT}|code|secret)(?: is|:)? [\"'\u201c\u2018`]{_VALUE.replace('value', 'other')}",
    re.IGNORECASE,
)


_TEST: Final = re.compile(r"test|demo|mock|seed|fixture|dummy|sample|e2e|cypress", re.IGNORECASE)
_NEAR: Final = 100


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each secret that the prompt says, with its value."""
    if not any(map(file.text.__contains__, _HINTS)):
        return
    for said in spoken(file, _TOLD):
        value = (said.match["value"] or said.match["other"]).strip(".!?)(")
        if _is_secret(value) and not _is_of_tests(file, said):
            yield Hit(
                at=said.span,
                message="the model is told a secret, and can be talked into repeating it",
                fix="remove it; check it in code, and give the model only the outcome",
            )


def _is_of_tests(file: PromptFile, said: Said) -> bool:
    """Whether it is the password of a user that exists for tests only."""
    line = file.line_at(said.span.start)
    around = (
        file.path,
        file.text[max(line.start, said.span.start - _NEAR) : said.span.end + _NEAR],
    )
    titles = (heading.text for heading in file.markup.headings_over(said.span.start))
    return any(_TEST.search(text) for text in (*around, *titles))


def _is_secret(value: str) -> bool:
    """Whether a word is a value: no placeholder, and with a digit or a capital inside."""
    if (
        len(value) < 4
        or any(sign in value for sign in "<>{}[]$|/()=%")
        or is_placeholder(f"{value}------")
    ):
        return False
    has_digit = any(character.isdigit() for character in value)
    has_capital = any(character.isupper() for character in value[1:])
    return has_digit or (has_capital and not value.isidentifier()) or value.isupper()
