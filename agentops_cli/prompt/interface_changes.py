"""What changed in what goes into a prompt and comes out: variables, answer and tools."""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import PromptInput
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.picoschema import expand, is_json_schema
from agentops_cli.prompt.schema_changes import Difference, Effect, differences
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.telling import at_key, became, change, line_now, mapping

_SAME_NAME: Final = 0.8

_OF_INPUT: Final[Mapping[Effect, str]] = {
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
    "words": "input-description",
}
_OF_OUTPUT: Final[Mapping[Effect, str]] = {
    "gone": "output-property-removed",
    "new": "output-property-added",
    "new-required": "output-property-added",
    "required": "output-tightened",
    "optional": "output-optional",
    "narrowed": "output-tightened",
    "widened": "output-type",
    "type": "output-type",
    "value-gone": "output-tightened",
    "value-new": "output-value-added",
    "words": "output-description",
}
_OF_TOOL: Final[Mapping[Effect, str]] = {
    "gone": "tool-parameter-type",
    "new": "tool-parameter-added",
    "new-required": "tool-parameter-required",
    "required": "tools-text",
    "optional": "tool-parameter-type",
    "narrowed": "tools-text",
    "widened": "tool-parameter-type",
    "type": "tool-parameter-type",
    "value-gone": "tools-text",
    "value-new": "tool-parameter-type",
    "words": "tools-text",
}
_IN_WORDS: Final[Mapping[Effect, str]] = {
    "gone": "is gone",
    "new": "is new",
    "new-required": "is new, and required",
    "required": "is required now",
    "optional": "is optional now",
    "narrowed": "takes less than before",
    "widened": "takes more than before",
    "type": "is of another type",
    "value-gone": "has one value less",
    "value-new": "has one value more",
    "words": "is described otherwise",
}


def input_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Variables that came, went, or take other values."""
    if before.inputs is None or after.inputs is None:
        yield from _undeclared_inputs(before, after)
        return
    old, new = before.inputs, after.inputs
    gone = [name for name in old if name not in new]
    fresh = [name for name in new if name not in old]
    renamed = _renamed(before, after, gone, fresh)
    for name in gone:
        yield _lost_input(before, after, name, renamed.get(name))
    for name in fresh:
        if name not in renamed.values():
            is_needed = new[name].required and name not in after.defaults
            kind = "input-required-added" if is_needed else "input-added"
            yield change(kind, f"the variable {name!r} is new", after=new[name].location)
    for name in old:
        if name in new:
            yield from _same_input(before, after, old[name], new[name])
    for name in before.defaults.keys() & after.defaults.keys():
        was, now_is = before.defaults[name], after.defaults[name]
        if was != now_is:
            message = became(f"the default of {name!r}", was, now_is)
            yield at_key("input-default", message, before, after, "input")


def _lost_input(before: PromptFile, after: PromptFile, name: str, now: str | None) -> Change:
    assert before.inputs is not None  # noqa: S101 # The caller has looked.
    place = before.inputs[name].location
    if now is not None and after.inputs:
        message = f"the variable {name!r} is called {now!r} now"
        return change("input-renamed", message, before=place, after=after.inputs[now].location)
    here = line_now(before, after, before.offset(place))
    return change("input-removed", f"the variable {name!r} is gone", before=place, after=here)


def _same_input(
    before: PromptFile, after: PromptFile, one: PromptInput, other: PromptInput
) -> Iterator[Change]:
    name = one.name
    was_needed = one.required and name not in before.defaults
    is_needed = other.required and name not in after.defaults

    def told(kind: str, message: str) -> Change:
        return change(kind, f"the variable {message}", before=one.location, after=other.location)

    if was_needed != is_needed:
        kind = "input-required" if is_needed else "input-optional"
        yield told(kind, f"{name!r} is {'required' if is_needed else 'optional'} now")
    if not one.trusted and other.trusted:
        yield told("input-trusted", f"{name!r} is trusted now")
    for each in differences(one.schema, other.schema, (name,)):
        yield told(_OF_INPUT[each.effect], _said(each))


def _undeclared_inputs(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Where one of two files declares no variables: what its template reads has to do."""
    if before.template.problems or after.template.problems:
        return
    old, new = _needs(before), _needs(after)
    for name in old.keys() - new.keys():
        message = f"the variable {name!r} is gone"
        yield change("input-removed", message, before=before.location(old[name][0]))
    for name in new.keys() - old.keys():
        at, is_needed = new[name]
        kind = "input-required-added" if is_needed else "input-added"
        yield change(kind, f"the variable {name!r} is new", after=after.location(at))


def _needs(file: PromptFile) -> dict[str, tuple[int, bool]]:
    """The variables of a file, each with where it stands and whether it must be given."""
    if file.inputs is not None:
        return {
            name: (file.offset(each.location), each.required and name not in file.defaults)
            for name, each in file.inputs.items()
        }
    found: dict[str, tuple[int, bool]] = {}
    for use in file.template.uses:
        is_needed = not use.optional and use.name not in file.defaults
        at, needed = found.get(use.name, (use.span.start, True))
        found[use.name] = (at, needed and is_needed)
    return found


def _renamed(
    before: PromptFile, after: PromptFile, gone: list[str], fresh: list[str]
) -> dict[str, str]:
    """Variables that only have another name now: one of one type with a like name or its place."""
    found: dict[str, str] = {}
    assert before.inputs is not None  # noqa: S101 # The caller has looked.
    assert after.inputs is not None  # noqa: S101 # As above.
    for old in gone:
        for new in fresh:
            if new in found.values() or not _is_one_type(
                before.inputs[old].schema, after.inputs[new].schema
            ):
                continue
            is_like = SequenceMatcher(None, old, new).ratio() >= _SAME_NAME
            if is_like or (len(gone) == len(fresh) == 1 and _took_place(before, after, old, new)):
                found[old] = new
                break
    return found


def _is_one_type(one: JsonObject, other: JsonObject) -> bool:
    return one.get("type") == other.get("type") and one.get("enum") == other.get("enum")


def _took_place(before: PromptFile, after: PromptFile, old: str, new: str) -> bool:
    pattern = re.compile(rf"\b{re.escape(old)}\b")
    texts = [pattern.sub(new, passage.text) for passage in before.passages]
    return texts == [passage.text for passage in after.passages]


def output_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    old, new = mapping(before.meta.get("output")), mapping(after.meta.get("output"))
    if old == new:
        return
    was, now_is = (_format(section) for section in (old, new))
    if was != now_is:
        message = f"the answer is {now_is} now, not {was}"
        yield at_key("output-format", message, before, after, "output")
    one, other = _schema(old.get("schema")), _schema(new.get("schema"))
    if one is not None and other is None and was == now_is:
        message = "the schema of the answer is gone"
        yield at_key("output-schema-removed", message, before, after, "output")
    elif one is None and other is not None and was == now_is:
        message = "the answer has a schema now"
        yield at_key("output-schema-added", message, before, after, "output")
    elif one is not None and other is not None:
        for each in differences(one, other):
            message = f"of the answer, {_said(each)}" if each.route else f"the answer {_said(each)}"
            yield change(
                _OF_OUTPUT[each.effect],
                message,
                before=_in_schema(before, each.route),
                after=_in_schema(after, each.route),
            )


def _in_schema(file: PromptFile, route: tuple[str, ...]) -> Location:
    """The place of a property of the answer; of what is nearest to it where it is not written."""
    if file.document is None or "output" not in file.routes:
        return file.location(file.key_at("output"))
    base = (*file.routes["output"], "schema")
    section = mapping(mapping(file.meta.get("output")).get("schema"))
    steps: list[str] = []
    for step in route:
        steps += ["items"] if step == "[]" else ["properties", step]
    return file.document.key_at((*base, *(steps if is_json_schema(section) else route)))


def tool_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    old, new = _tools_of(before), _tools_of(after)
    for name in old.keys() - new.keys():
        yield at_key("tool-removed", f"the tool {name!r} is gone", before, after, "tools")
    for name in new.keys() - old.keys():
        yield at_key("tool-added", f"the tool {name!r} is new", before, after, "tools")
    for name in old.keys() & new.keys():
        one, other = old[name], new[name]
        if one.get("description") != other.get("description"):
            message = f"the tool {name!r} is described otherwise"
            yield at_key("tools-text", message, before, after, "tools")
        for each in differences(
            _schema(one.get("parameters")) or {}, _schema(other.get("parameters")) or {}
        ):
            message = f"of the tool {name!r}, {_said(each)}"
            yield at_key(_OF_TOOL[each.effect], message, before, after, "tools")


def _said(difference: Difference) -> str:
    what = f"{'.'.join(difference.route)!r} " if difference.route else ""
    detail = f": {difference.detail}" if difference.detail else ""
    return f"{what}{_IN_WORDS[difference.effect]}{detail}"


def _format(section: JsonObject) -> str:
    given = section.get("format")
    if isinstance(given, str):
        return given
    return "json" if "schema" in section else "text"


def _schema(source: Json) -> JsonObject | None:
    if source is None:
        return None
    if is_json_schema(source) and isinstance(source, dict):
        return source
    expanded = expand(source)
    return None if expanded.problems else expanded.schema


def _tools_of(file: PromptFile) -> dict[str, JsonObject]:
    given = file.meta.get("tools")
    found: dict[str, JsonObject] = {}
    for tool in given if isinstance(given, list) else ():
        if isinstance(tool, str):
            found[tool] = {}
        elif isinstance(tool, dict):
            inner = mapping(tool.get("function")) or tool
            if isinstance(inner.get("name"), str):
                found[str(inner["name"])] = inner
    return found
