"""How a change is told: in the words and at the places that every class of changes uses."""

from difflib import SequenceMatcher
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import KINDS, Change
from agentops_cli.prompt.source import PromptFile

_MOST: Final = 80


def change(
    kind: str, message: str, *, before: Location | None = None, after: Location | None = None
) -> Change:
    """A change of a class, in its places."""
    return Change(kind=KINDS[kind], message=message, before=before, after=after)


def at_key(kind: str, message: str, before: PromptFile, after: PromptFile, key: str) -> Change:
    """A change of what a key says, at that key on both sides."""
    return change(
        kind,
        message,
        before=before.location(before.key_at(key)) if key in before.meta else None,
        after=after.location(after.key_at(key)),
    )


def line_now(before: PromptFile, after: PromptFile, at: int) -> Location:
    """Where in the later file the line of an offset of the earlier one would stand."""
    line = before.location(at).line or 1
    old, new = before.text.split("\n"), after.text.rstrip("\n").split("\n")
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        if start <= line - 1 < end:
            found = min(new_start + line - 1 - start, max(new_end - 1, new_start), len(new) - 1)
            while found > 0 and not new[found].strip():
                found -= 1  # A finding on an empty line shows nothing.
            column = len(new[found]) - len(new[found].lstrip()) + 1
            return Location(path=after.path, line=found + 1, column=column)
    return after.location(len(after.text))


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
