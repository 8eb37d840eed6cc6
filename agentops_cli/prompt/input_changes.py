"""What changed in what goes into a prompt: its variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.picoschema import is_json_schema
from agentops_cli.prompt.schema_changes import Effect, differences, said
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.telling import at_key, became, change, line_now, mapping, present

_SAME_NAME: Final = 0.8
_MOST_COMPARED: Final = 10_000
_TOLD: Final = frozenset({"schema", "default", "untrusted"})
"""Keys of `input` of which more is said than that they are others."""

_OF_EACH: Final = frozenset({"properties", "required"})

_CLASSES: Final[Mapping[Effect, str]] = {
    "gone": "input-removed",
    "new": "input-added",
    "new-required": "input-required-added",
    "required": "input-required",
    "optional": "input-optional",
    "narrowed": "input-narrowed",
    "widened": "input-widened",
    "type": "input-narrowed",
    "value-gone": "input-value-removed",
    "value-new": "input-value-added",
    "shifted": "input-narrowed",
    "other": "input-other",
    "words": "input-description",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variable:
    """What a caller has to know of a variable; None where the file does not declare it."""

    name: str
    place: Location
    is_needed: bool
    default: Json
    schema: JsonObject | None = None
    trusted: bool | None = None


def input_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Variables that came, went, or take other values.

    Of a file that declares none, those that its template reads are what callers have to give.
    """
    if not any(file.inputs is None and file.template.problems for file in (before, after)):
        old, new = _variables(before), _variables(after)
        renamed = _renamed(before, after, old, new)
        for name, one in old.items():
            if name in renamed:
                yield _renaming(one, new[renamed[name]])
            elif name not in new:
                yield _lost(before, after, one)
        for name, other in new.items():
            if name in old:
                yield from _same(before, after, old[name], other)
            elif name not in renamed.values():
                yield _fresh(other)
    if _is_other(before, after):
        message = "what is said of all variables together is else"
        path = "input.schema"
        yield at_key("input-other", message, before, after, "input", of=(path, path))
    if _rest(before) != _rest(after):
        yield at_key("input-other", "what is said of the variables is else", before, after, "input")


def _is_other(before: PromptFile, after: PromptFile) -> bool:
    """Whether a JSON Schema says something else of the variables than of each alone."""
    old, new = _schema(before), _schema(after)
    if not (is_json_schema(old) and is_json_schema(new)):
        return False
    one, other = (
        {key: value for key, value in each.items() if key not in _OF_EACH} for each in (old, new)
    )
    found = differences(one, other, within=(old, new))
    return any(each.effect != "words" for each in found)


def _schema(file: PromptFile) -> JsonObject:
    return mapping(mapping(file.meta.get("input")).get("schema"))


def _rest(file: PromptFile) -> Json:
    """What `input` says beside its variables; all of it where those cannot be read."""
    section = file.meta.get("input")
    if not isinstance(section, dict):
        return section
    told = _TOLD if file.inputs is not None else _TOLD - {"schema"}
    return {key: value for key, value in section.items() if key not in told} or None


def _variables(file: PromptFile) -> dict[str, _Variable]:
    if file.inputs is not None:
        return {
            name: _Variable(
                name=name,
                place=each.location,
                is_needed=each.required and name not in file.defaults,
                default=file.defaults.get(name),
                schema=each.schema,
                trusted=each.trusted,
            )
            for name, each in file.inputs.items()
        }
    needs: dict[str, tuple[int, bool]] = {}
    for use in file.template.uses:
        at, is_needed = needs.get(use.name, (use.span.start, use.name not in file.defaults))
        needs[use.name] = (at, is_needed and not use.optional)
    return {
        name: _Variable(
            name=name,
            place=file.location(at),
            is_needed=is_needed,
            default=file.defaults.get(name),
        )
        for name, (at, is_needed) in needs.items()
    }


def _renaming(one: _Variable, other: _Variable) -> Change:
    return change(
        "input-renamed",
        f"the variable {one.name!r} is called {other.name!r} now",
        was=f"input.{one.name}",
        now=f"input.{other.name}",
        before=one.place,
        after=other.place,
    )


def _lost(before: PromptFile, after: PromptFile, one: _Variable) -> Change:
    return change(
        "input-removed",
        f"the variable {one.name!r} is gone",
        was=f"input.{one.name}",
        now=None,
        before=one.place,
        after=line_now(before, after, before.offset(one.place)),
    )


def _fresh(other: _Variable) -> Change:
    return change(
        "input-required-added" if other.is_needed else "input-added",
        f"the variable {other.name!r} is new",
        was=None,
        now=f"input.{other.name}",
        after=other.place,
    )


def _same(
    before: PromptFile, after: PromptFile, one: _Variable, other: _Variable
) -> Iterator[Change]:
    name = one.name

    def told(kind: str, message: str, was: str | None = name, now: str | None = name) -> Change:
        return change(
            kind,
            f"the variable {message}",
            was=was and f"input.{was}",
            now=now and f"input.{now}",
            before=one.place,
            after=other.place,
        )

    if one.is_needed != other.is_needed:
        kind = "input-required" if other.is_needed else "input-optional"
        yield told(kind, f"{name!r} is {'required' if other.is_needed else 'optional'} now")
    elif one.default != other.default:
        message = became(f"the default of {name!r}", one.default, other.default)
        of = present(f"input.{name}.default", one.default, other.default)
        yield at_key("input-default", message, before, after, "input", of=of)
    if one.trusted is False and other.trusted:
        yield told("input-trusted", f"{name!r} is trusted now")
    elif one.trusted and other.trusted is False:
        yield told("input-untrusted", f"{name!r} is not trusted any more")
    if one.schema is None or other.schema is None:
        return
    within = _schema(before), _schema(after)
    for each in differences(one.schema, other.schema, (name,), within=within):
        path = ".".join(each.route)
        was, now = each.sides(path)
        yield told(_CLASSES[each.effect], said(each), was, now)


def _renamed(
    before: PromptFile,
    after: PromptFile,
    old: Mapping[str, _Variable],
    new: Mapping[str, _Variable],
) -> dict[str, str]:
    """Variables that only have another name now: those of one type with a like name or its place.

    The likest names first, so that the same are found the other way round.
    """
    gone = [name for name in old if name not in new]
    fresh = [name for name in new if name not in old]
    if not gone or len(gone) * len(fresh) > _MOST_COMPARED:
        return {}
    likeness = {
        (one, other): _likeness(one, other)
        for one in gone
        for other in fresh
        if _is_one_type(old[one], new[other])
    }
    if len(gone) == len(fresh) == 1 and likeness and _took_place(before, after, *gone, *fresh):
        return dict(likeness.keys())
    found: dict[str, str] = {}
    for pair in sorted(likeness, key=lambda pair: (-likeness[pair], sorted(pair))):
        one, other = pair
        if likeness[pair] >= _SAME_NAME and one not in found and other not in found.values():
            found[one] = other
    return found


def _likeness(one: str, other: str) -> float:
    first, second = sorted((one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _is_one_type(one: _Variable, other: _Variable) -> bool:
    if one.schema is None or other.schema is None:
        return one.schema is other.schema
    return all(one.schema.get(key) == other.schema.get(key) for key in ("type", "enum"))


def _took_place(before: PromptFile, after: PromptFile, old: str, new: str) -> bool:
    pattern = re.compile(rf"\b{re.escape(old)}\b")
    texts = [pattern.sub(lambda _: new, passage.text) for passage in before.passages]
    return texts == [passage.text for passage in after.passages]
