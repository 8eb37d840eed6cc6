"""A key is not known, so what it says has no effect: `temprature: 0` leaves the temperature alone.

In the native format every key must be known, or be the author's own: `x-…`, under `metadata`, or
with a dot in it. Such a prompt is refused by `agentops eval`, so this is an error there. In other
formats only a key that is a slip of the pen away from a known one is told; under the profile
`strict` any that is not known, where the format lists all that there are. So are settings of the
model that stand deeper, as `execution_settings.default.temprature` does. The fix renames the key.

Quiet: where the known key stands in the file as well; where another convention knows the key.
Skills, agents, commands and rules carry keys of their authors' own (23 % of the files that we
looked at do), so that a key of theirs which is like no other is never told.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.finding import Severity
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.conventions import EVERY_KEY, KEYS, NESTED
from agentops_cli.prompt.meta import SAMPLING_NAMES
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.problems import named, place_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import DECLARED, Edit, Hit
from agentops_cli.rules.scalars import replaced

_SHORTEST: Final = 4
_SHORT: Final = 5
_MOST_SLIPS: Final = 2
_EVERY_SETTING: Final = frozenset(name for names in SAMPLING_NAMES.values() for name in names)
_MEANT: Final = re.compile(r"did you mean '([^']+)'\?")
_UNKNOWN: Final = re.compile(r"unknown key '([^']+)'")


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """What the reader does not know; of other formats what its convention does not."""
    if file.kind == "native":
        if file.problems:
            yield from _native(file)
    elif file.kind in KEYS:
        is_strict = project.settings.profile != "default" and file.kind in DECLARED
        yield from _foreign(file, strict=is_strict)
        yield from _nested(file)


def _native(file: PromptFile) -> Iterator[Hit]:
    for problem in named(file, "unknown-key", "dotted-key", "misplaced-setting"):
        place = place_of(problem, file)
        meant = _MEANT.search(problem.fix or "")
        key = _UNKNOWN.search(problem.message)
        edits: tuple[Edit, ...] = ()
        if meant and key and meant[1] not in file.meta and _slips(key[1], meant[1]) <= _MOST_SLIPS:
            at = file.offset(place)
            if file.text.startswith(key[1], at):
                edits = replaced(Span(start=at, end=at + len(key[1])), meant[1])
        yield Hit(
            at=place,
            message=problem.message,
            fix=problem.fix or "remove it",
            edits=edits,
            severity=Severity.ERROR,
        )


def _foreign(file: PromptFile, *, strict: bool) -> Iterator[Hit]:
    known = KEYS[file.kind]
    for key in file.meta:
        if key in known or key in EVERY_KEY or key.startswith("x-") or "." in key:
            continue
        if file.routes[key] != (key,):
            continue
        near = _near(key, [name for name in known if name not in file.meta])
        if not near and not strict:
            continue
        others = f"known keys: {', '.join(sorted(known))}"
        yield _hit(file, file.key_at(key), key, near, others=others)


def _nested(file: PromptFile) -> Iterator[Hit]:
    """Settings of the model that are nearly a known one, in the mappings that hold them."""
    for places, known in NESTED.get(file.kind, {}).items():
        for route, settings in _mappings(file, places):
            for key in settings:
                if key in known or key in _EVERY_SETTING or file.document is None:
                    continue
                if near := _near(key, [name for name in known if name not in settings]):
                    at = file.offset(file.document.key_at((*route, key)))
                    yield _hit(file, at, key, near, called=".".join(map(str, (*route, key))))


def _mappings(file: PromptFile, places: tuple[str, ...]) -> Iterator[tuple[Route, JsonObject]]:
    """The mappings at a place of a file, each with the route to it."""
    found: list[tuple[Route, Json]] = [((), file.document.data if file.document else None)]
    for step in places:
        found = [
            ((*route, key), value[key])
            for route, value in found
            if isinstance(value, dict)
            for key in (value if step == "*" else {step} & value.keys())
        ]
    return ((route, value) for route, value in found if isinstance(value, dict))


def _hit(
    file: PromptFile,
    at: int,
    key: str,
    near: str | None,
    *,
    called: str | None = None,
    others: str = "",
) -> Hit:
    span = Span(start=at, end=at + len(key))
    is_bare = file.text[span.start : span.end] == key
    return Hit(
        at=span,
        message=f"unknown key {(called or key)!r}",
        fix=f"did you mean {near!r}?" if near else others,
        edits=replaced(span, near) if near and is_bare else (),
    )


def _near(key: str, known: list[str]) -> str | None:
    """The one known key that a slip or two lead to; None where there is none, or more than one."""
    near = [name for name in known if _is_slip(key, name)]
    return near[0] if len(near) == 1 else None


def _is_slip(key: str, name: str) -> bool:
    """Whether one is easily written for the other; `date` for `name` is two letters of four."""
    allowed = _MOST_SLIPS if min(len(key), len(name)) > _SHORT else 1
    return len(key) >= _SHORTEST and key[0] == name[0] and _slips(key, name) <= allowed


def _slips(one: str, other: str) -> int:
    """How many letters were left out, added or exchanged; three stands for more."""
    if abs(len(one) - len(other)) > _MOST_SLIPS:
        return _MOST_SLIPS + 1
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, start=1):
        above, row = row, [index]
        for at, wanted in enumerate(other, start=1):
            row.append(min(above[at] + 1, row[-1] + 1, above[at - 1] + (letter != wanted)))
    return row[-1]
