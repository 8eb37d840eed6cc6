"""Two versions of a prompt to all that can be said of them without looking around."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from agentops_cli.diff.entries import entries
from agentops_cli.diff.texts import Told, message_diffs
from agentops_cli.diff.values import Graded, MessageDiff, Pair, PromptDiff, SchemaChange
from agentops_cli.diff.versioning import versioning
from agentops_cli.prompt.change_kinds import Change, Level
from agentops_cli.prompt.changes import changes, file_added, file_deleted, regraded
from agentops_cli.prompt.guardrail_changes import guardrail_changes
from agentops_cli.prompt.message_changes import message_changes
from agentops_cli.prompt.pairing import paired
from agentops_cli.prompt.source import Passage, PromptFile
from agentops_cli.prompt.telling import change

GRAVEST: Final[Mapping[Level, int]] = {"breaking": 0, "risky": 1, "safe": 2}
"""The order in which changes are told."""

_SCHEMAS: Final = ("input", "output", "tools")


def compare(pair: Pair, *, levels: Mapping[str, Level] | None = None) -> PromptDiff:
    """What differs; `levels` are the project's own for classes of changes, by their ids.

    Suites, owners, sizes and prices are not told: they are in neither of the files.
    """
    found = regraded(_changes(pair), levels or {})
    graded = [Graded(change=change, level=change.kind.level) for change in found]
    graded.sort(key=lambda each: GRAVEST[each.level])
    before, after = pair.before, pair.after
    return PromptDiff(
        pair=pair,
        level=graded[0].level if graded else "safe",
        changes=tuple(graded),
        versioning=versioning(pair, found),
        entries=entries(before, after) if before and after else (),
        schemas=tuple(filter(None, map(_of_schema, found))),
        messages=_messages(pair),
    )


def _changes(pair: Pair) -> tuple[Change, ...]:
    if pair.before is None:
        return (file_added(pair.file),)
    if pair.after is None:
        return (file_deleted(pair.before),)
    found = changes(pair.before, pair.after)
    return (*found, *(change for part in pair.included for change in _of_included(part)))


def _of_included(part: Pair) -> Iterator[Change]:
    """What a change of a file means for a prompt that includes it: it is a part of the text."""
    path, before, after = part.file.path, part.before, part.after
    if before is None or after is None:
        yield change(
            "template",
            f"{path}, which it includes, is {'new' if before is None else 'gone'}",
            was="included" if before else None,
            now="included" if after else None,
            before=before.location(0) if before else None,
            after=after.location(0) if after else None,
        )
        return
    for each in (*message_changes(before, after), *guardrail_changes(before, after)):
        yield replace(each, message=f"{path}, which it includes: {each.message}")


def _of_schema(change: Change) -> SchemaChange | None:
    """The change as one of a schema, where it is one."""
    of, _, path = (change.now or change.was or "").partition(".")
    if of not in _SCHEMAS or not path:
        return None
    return SchemaChange(of=of, path=path, what=change.message, level=change.kind.level)


def _messages(pair: Pair) -> tuple[MessageDiff, ...]:
    old, new = (file.passages if file else () for file in (pair.before, pair.after))
    return message_diffs(
        [(_told(pair.before, one), _told(pair.after, other)) for one, other in paired(old, new)]
    )


def _told(file: PromptFile | None, passage: Passage | None) -> Told | None:
    if file is None or passage is None:
        return None

    return Told(role=passage.role, text=passage.text, numbers=_numbers(file, passage))


def _numbers(file: PromptFile, passage: Passage) -> Sequence[int]:
    """The lines of a file on which those of a message stand."""
    first = file.location(passage.offset(0)).line or 1
    if passage.exact and len(passage.segments) == 1:
        return range(first, first + passage.text.count("\n") + 1)
    starts = accumulate((len(line) + 1 for line in passage.text.split("\n")[:-1]), initial=0)
    return [file.location(passage.offset(at)).line or first for at in starts]
