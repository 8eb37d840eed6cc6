"""How a change is told: in the words and at the places that every class of changes uses."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import KINDS, Change
from agentops_cli.prompt.matching import Block, Effort, differing
from agentops_cli.prompt.source import PromptFile

Sides = tuple[str | None, str | None]
"""What a change is about, in the earlier and in the later version."""

_MOST: Final = 80


def change(
    kind: str,
    message: str,
    *,
    was: str | None,
    now: str | None,
    before: Location | None = None,
    after: Location | None = None,
) -> Change:
    """A change of a class, in its places."""
    return Change(kind=KINDS[kind], message=message, was=was, now=now, before=before, after=after)


def at_key(
    kind: str,
    message: str,
    before: PromptFile,
    after: PromptFile,
    key: str,
    *,
    of: Sides | None = None,
) -> Change:
    """A change of what a key says, at that key on both sides; of the key itself, or a part."""
    whole = (None if file.meta.get(key) is None else key for file in (before, after))
    was, now = of or whole
    return change(
        kind,
        message,
        was=was,
        now=now,
        before=before.location(before.key_at(key)) if key in before.meta else None,
        after=after.location(after.key_at(key)),
    )


def present(path: str, old: object, new: object) -> Sides:
    """The path of a value, on the sides that have one."""
    return None if old is None else path, None if new is None else path


def line_now(before: PromptFile, after: PromptFile, at: int) -> Location:
    """Where in the later file the line of an offset of the earlier one would stand."""
    line = before.location(at).line or 1
    blocks, new = _compared(before.text, after.text)
    found = min(_line_now(blocks, line - 1), len(new) - 1)
    while found > 0 and not new[found].strip():
        found -= 1  # A finding on an empty line shows nothing.
    column = len(new[found]) - len(new[found].lstrip()) + 1
    return Location(path=after.path, line=found + 1, column=column)


def _line_now(blocks: Sequence[Block], line: int) -> int:
    """The line that stands where one of the earlier text stood, both from 0."""
    index = bisect_right(blocks, line, key=lambda block: block.start) - 1
    if index < 0:
        return line
    block = blocks[index]
    if line < block.end:
        return min(block.at + line - block.start, max(block.to - 1, block.at))
    return block.to + line - block.end


@lru_cache(maxsize=2)
def _compared(old: str, new: str) -> tuple[Sequence[Block], Sequence[str]]:
    """The lines that differ, and those of the later text: much is asked of one pair."""
    lines = new.rstrip("\n").split("\n")
    return tuple(differing(old.split("\n"), lines, Effort())), lines


def became(key: str, old: Json, new: Json) -> str:
    """What became of a value, in words."""
    if new is None:
        return f"{key} is gone"
    if old is None:
        return f"{key} is new"
    if isinstance(old, list | dict) or isinstance(new, list | dict):
        return f"{key} is another"
    return f"{key} is {_short(new)} now, not {_short(old)}"


def quoted(text: str) -> str:
    """A text as it is shown, cut off where it is long."""
    return repr(text if len(text) <= _MOST else text[: _MOST - 1].rstrip() + "\u2026")


def mapping(value: Json) -> JsonObject:
    """A mapping; an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def _short(value: Json) -> str:
    return quoted(value) if isinstance(value, str) else str(value).lower()
