"""Characters are there that a reviewer cannot see and a model can.

Zero-width spaces, soft hyphens, tag characters and runs of variation selectors show nothing on a
screen. The characters of the tag block spell ASCII letters, so that a whole sentence of orders fits
between two words; models read it. Zero-width characters in the middle of a word also hide it from
filters and from searches. The message shows what tag characters spell. It makes no difference where
they stand.

The fix removes them, which changes what the model is sent.

Quiet: where a script or an emoji needs them: joiners between emoji or between letters of Arabic,
Persian and the scripts of India; spaces without width in Thai, Lao, Khmer and Burmese; one
variation selector behind a character; the flags of England, Scotland and Wales.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.characters import by_line, named, removed, stretch

_SELECTOR: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS: Final = "\U000e0000-\U000e007f"
_RUN: Final = re.compile(
    "[\u00ad\u115f\u1160\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0"
    f"{_SELECTOR}{_TAGS}]+"
)
_ONE_SELECTOR: Final = re.compile(f"[{_SELECTOR}]")
_JOINER: Final = re.compile("[\ufe0e\ufe0f]?[\u200c\u200d]")
_FLAG: Final = re.compile("[\U000e0020-\U000e007e]+\U000e007f")
_BLACK_FLAG: Final = "\U0001f3f4"
_FIRST_JOINED: Final = "\u0590"  # Hebrew; no script before it joins or drops its letters.
_NO_SPACES: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u1aff]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff]")
_MOST_SHOWN: Final = 60


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each line with such characters."""
    if file.text.isascii():
        return
    runs = (run for run in _RUN.finditer(file.text) if not _is_needed(run))
    for found in by_line(file, runs):
        yield Hit(
            at=stretch(found[0]),
            message=_message("".join(run[0] for run in found)),
            fix="remove it",
            edits=removed(found),
        )


def _is_needed(run: re.Match[str]) -> bool:
    """Whether the text would read otherwise without it."""
    before = run.string[run.start() - 1 : run.start()] if run.start() else ""
    after = run.string[run.end() : run.end() + 1]
    shown = run[0]
    if _ONE_SELECTOR.fullmatch(shown):
        return before > "\x7f" or before in "#*0123456789" or after == "\u20e3"
    if _JOINER.fullmatch(shown):
        return _joins(before) and (_joins(after) or shown == "\u200c")
    if shown == "\u200b":
        return bool(_NO_SPACES.match(before) or _NO_SPACES.match(after))
    if shown in ("\u115f", "\u1160"):
        return bool(_HANGUL.match(before) or _HANGUL.match(after))
    return before == _BLACK_FLAG and _FLAG.fullmatch(shown) is not None


def _joins(character: str) -> bool:
    if character < _FIRST_JOINED:
        # Emoji stand among the symbols; some are older than the scripts.
        return character > "\x7f" and unicodedata.category(character) in ("So", "Sk")
    return unicodedata.category(character)[0] in "LMS"


def _message(run: str) -> str:
    spelled = "".join(
        chr(ord(sign) - 0xE0000) for sign in run if "\U000e0020" <= sign <= "\U000e007e"
    )
    if spelled:
        cut = "…" if len(spelled) > _MOST_SHOWN else ""
        return f"invisible characters spell {spelled[:_MOST_SHOWN] + cut!r}"
    others = f", and {len(run) - 1} more on this line" if len(run) > 1 else ""
    return f"{named(run[0])} is invisible{others}"
