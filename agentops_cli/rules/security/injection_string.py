"""The prompt itself says what attackers say to a model: to drop its instructions, or to show them.

«Ignore all previous instructions» in a prompt of one's own is an attack that somebody merged, or
the rest of a test. A model cannot tell on whose behalf a text in the prompt speaks. The same goes
for control tokens of chat formats (`<|im_start|>`, `[INST]`): the provider puts them in, and where
a prompt has them they open messages that no reviewer sees as such. Words are found through
compatibility forms, invisible characters, and digits for letters.

Quiet: in code, quotations and examples; where the sentence forbids or reports it («never …», «if a
user asks you to …»); under a heading, a label or a file name that is about attacks, tests or
guards. Control tokens are left alone in plain text, which may be meant for a completion without
messages. English only.

Source: OWASP LLM01:2025 (prompt injection), https://genai.owasp.org, recalled, not verified again.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import is_spoken, placed
from agentops_cli.prompt.source import Passage, PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.folded import Folded, folded, is_disguised, quickly

# One of them is in whatever is found.
_TRIGGERS: Final = (
    *(b"ignore", b"disregard", b"forget", b"override", b"bypass"),
    *(b"system prompt", b"your system", b"your instructions", b"your initial", b"your original"),
    *(b"anything now", b"eveloper mode", b"dan mode", b"jailbroken", b"unrestricted"),
    *(b"no restrictions", b"broken free", b"<|", b"[inst]", b"<<sys>>", b"_of_turn>"),
)
_GAP: Final = r"[\s*_>]{1,20}"
_WORDS: Final = rf"(?:[a-z']{{1,20}}{_GAP}){{0,3}}?"
_OLD: Final = r"(?:previous|prior|above|earlier|preceding|foregoing|former)"
_RULES: Final = (
    r"(?:instruction|direction|directive|prompt|rule|guideline|command|guardrail|training)s?"
)

_DROP: Final = r"(?:ignore|disregard|forget|override|bypass)"
_SHOW: Final = r"(?:reveal|print|output|repeat|show|display|leak|disclose|encode|translate)"
_OWN: Final = r"(?:entire|full|own|hidden|secret|initial|original|starting|complete)"

_ORDERS: Final = re.compile(
    "|".join(
        form.replace(" ", _GAP)
        for form in (
            rf"\b{_DROP} {_WORDS}{_OLD} {_WORDS}{_RULES}\b",
            (
                rf"\b{_DROP} (?:all (?:of )?)?(?:your|the) (?:system prompt"
                rf"|(?:system|safety|original|initial) {_RULES})\b"
            ),
            (
                rf"\b{_DROP} (?:all )?(?:of )?(?:the |your )?{_RULES} (?:that )?you (?:got|received"
                r"|had|have|were given|have been given|were told)\b"
            ),
            r"\bforget everything (?:you (?:learned|know|were|have)|above|before|i|that)\b",
            (
                rf"\b{_SHOW} {_WORDS}your (?:{_OWN} )*(?:system (?:prompt|message|instructions?)"
                r"|(?:initial|original|starting) (?:prompt|instructions?)|instructions)\b"
            ),
            r"\b(?:repeat|reveal|leak|disclose) (?:everything in )?the system prompt\b",
            (
                r"\byou (?:are now|have been|will act as|are) (?:dan\b|jailbroken|unrestricted"
                r"|in developer mode|free (?:of|from) (?:all|any))"
            ),
            r"\b(?:can )?do anything now\b",
            r"\b(?:dan|developer) mode (?:enabled|on|activated)\b",
            r"\bbroken free (?:of|from) the (?:typical )?(?:confines|limits|rules)\b",
            (
                r"\b(?:pretend|act) (?:that |as if |like )?you have no (?:restrictions|rules"
                r"|guidelines|limits)\b"
            ),
        )
    )
)
_TOKENS: Final = re.compile(
    r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id"
    r"|begin_of_text|start_of_role)\|>|\[inst\]|<<sys>>|<(?:start|end)_of_turn>"
)
_REPORTED: Final = re.compile(
    r"\b(?:never|not|n't|dont|cannot|if|when|whenever|unless|even|refus\w*|reject\w*|declin\w*|resist\w*"
    r"|prevent\w*|attempt\w*|try|tries|trying|tried|ask|asks|asked|asking|request\w*|demand\w*"
    r"|such|like|e\.g|example|examples|phrase\w*|say|says|said|saying|told|tell|tells|telling|claim\w*"
    r"|detect\w*|flag\w*|block\w*|scan\w*|look|watch|check\w*|contain\w*|includ\w*|instruct\w*|embed\w*"
    r"|inject\w*|attack\w*|malicious|jailbreak\w*|adversar\w*|avoid|pattern\w*|may|might|could|would"
    r"|override attempts?|without|why|how|whether|no|test\w*|probe\w*|text that|content that|users?"
    r"|someone|anyone|they|he|she|it|to)\b"
)
_ABOUT_ATTACKS: Final = re.compile(
    r"attack|inject|jailbreak|adversar|malicious|threat|red.?team|exploit|security|secure|suspicious"
    r"|guardrail|safety|unsafe|manipulat|abuse|override|probe|payload|vulnerab|forbidden|prohibit"
    r"|refus|reject|never|do not|don.?t|detect|moderat|pattern|test|eval|scan|example|warning|flag"
    r"|hacking|tamper|leak|exfil|poison|untrusted"
)
_SENTENCE_END: Final = re.compile(r"[.!?][\"')*_]*\s|\n\s*\n|\n[ \t]*(?:[-*+|#>]|\d{1,3}[.)])\s|\|")
_LABEL_LINE: Final = re.compile(
    r"^[ \t]*(?:#.*|.*:[*_ \t]*|[*_]{2}.*|<[^>\n]+>[ \t]*)$", re.MULTILINE
)
_WINDOW: Final = 1_500
"""How many characters above a line the labels are looked for that it may stand under."""


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each order and each control token that the prompt itself says."""
    seen = quickly(file.text)
    if not any(map(seen.__contains__, _TRIGGERS)) and not is_disguised(file.text):
        return
    if _is_about_attacks(file):
        return
    for passage in file.passages:
        text = folded(passage.text)
        yield from _found(file, passage, text, _ORDERS)
        if file.kind != "plain":
            yield from _found(file, passage, text, _TOKENS)


def _found(
    file: PromptFile, passage: Passage, text: Folded, pattern: re.Pattern[str]
) -> Iterator[Hit]:
    """What a pattern finds that the prompt says and means, the first of each line."""
    told = 0
    for found in pattern.finditer(text.text):
        at = text.at(found.start())
        if at < told or not is_spoken(file, passage, at) or _is_meant(file, passage, text, found):
            continue
        span = Span(start=at, end=text.at(found.end() - 1) + 1)
        end = passage.text.find("\n", span.end)
        told = len(passage.text) if end < 0 else end
        yield _hit(placed(passage, span), passage.text[at : span.end], text, pattern)


def _hit(span: Span, written: str, text: Folded, pattern: re.Pattern[str]) -> Hit:
    shown = " ".join(written.split())
    if pattern is _TOKENS:
        return Hit(
            at=span,
            message=f"{shown!r} is a control token of a chat format",
            fix="remove it: messages are opened by roles, and the provider puts the tokens in",
        )
    disguise = " in disguise" if text.places is not None and not shown.isascii() else ""
    return Hit(
        at=span,
        message=f"this says what attackers say{disguise}: {shown!r}",
        fix="remove it; to speak of it, quote it, or say what to do if a user writes it",
    )


def _is_about_attacks(file: PromptFile) -> bool:
    name = f"{file.path} {file.name} {file.meta.get('description')}".lower()
    return (
        re.search(r"inject|jailbreak|red.?team|adversar|attack|security|guardrail|exploit", name)
        is not None
    )


def _is_meant(file: PromptFile, passage: Passage, read: Folded, found: re.Match[str]) -> bool:
    """Whether the sentence forbids or reports what it says, or stands under a title that does."""
    text = read.text
    near = max(found.start() - _WINDOW, 0)
    start = near
    for end in _SENTENCE_END.finditer(text, near, found.start()):
        start = end.start() + 1
    after = _SENTENCE_END.search(text, found.end(), found.end() + _WINDOW)
    rest = text[found.end() : after.start() if after else found.end() + 200]
    if _REPORTED.search(text, start, found.start()) or _ABOUT_ATTACKS.search(rest):
        return True
    line = max(text.rfind("\n", near, found.start()) + 1, near)
    if _ABOUT_ATTACKS.search(text, line, found.start()):
        return True
    labels = _LABEL_LINE.finditer(text, max(line - _WINDOW, 0), line)
    if any(_ABOUT_ATTACKS.search(label[0]) for label in labels):
        return True
    over = file.markup.headings_over(passage.offset(read.at(found.start())))
    return any(_ABOUT_ATTACKS.search(heading.text.lower()) for heading in over)
