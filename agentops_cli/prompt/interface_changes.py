"""What changed in what comes out of a prompt: its answer, and the tools that it calls."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.picoschema import expand, is_json_schema
from agentops_cli.prompt.schema_changes import Effect, differences, said
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.telling import at_key, change, mapping, present

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
    "shifted": "output-type",
    "other": "output-other",
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
    "shifted": "tool-parameter-type",
    "other": "tool-parameter-type",
    "words": "tools-text",
}

TOOLS: Final = ("tools", "allowed-tools")
"""The keys under which formats name what the model may call."""

_TOOL: Final = re.compile(r"[^\s,()]+(?:\([^()]*\))?")
_TOLD: Final = frozenset({"format", "schema"})
_TOLD_OF_TOOL: Final = frozenset({"name", "description", "parameters"})
_NO_PARAMETERS: Final[JsonObject] = {"type": "object"}


def output_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """What readers of the answer have to know."""
    given, given_now = before.meta.get("output"), after.meta.get("output")
    if given == given_now:
        return
    old, new = mapping(given), mapping(given_now)
    was, now_is = (_format(section) for section in (old, new))
    one, other = _schema(old.get("schema")), _schema(new.get("schema"))
    if was != now_is:
        message = f"the answer is {now_is} now, not {was}"
        yield _of_output("output-format", message, before, after, "output.format")
    if one is not None and other is not None:
        for each in differences(one, other):
            path = ".".join(("output", *each.route))
            at, now = each.sides(path)
            yield change(
                _OF_OUTPUT[each.effect],
                f"{'of the answer,' if each.route else 'the answer'} {said(each)}",
                was=at,
                now=now,
                before=_in_schema(before, each.route),
                after=_in_schema(after, each.route),
            )
    elif one != other and was == now_is:
        kind = "output-schema-removed" if other is None else "output-schema-added"
        message = "the schema of the answer is gone" if other is None else _PROMISED
        of = present("output.schema", one, other)
        yield at_key(kind, message, before, after, "output", of=of)
    elif one is other is None and old.get("schema") != new.get("schema"):
        message = "the schema of the answer is another, which cannot be read"
        yield _of_output("output-other", message, before, after, "output.schema")
    if _rest(given, _TOLD) != _rest(given_now, _TOLD):
        message = "what is said of the answer is else"
        yield _of_output("output-other", message, before, after, "output")


_PROMISED: Final = "the answer has a schema now"


def _of_output(kind: str, message: str, before: PromptFile, after: PromptFile, path: str) -> Change:
    return at_key(kind, message, before, after, "output", of=(path, path))


def _rest(given: Json, told: Collection[str]) -> Json:
    """What is said beside that of which more is said; all of what is no mapping."""
    if not isinstance(given, dict):
        return given
    return {key: value for key, value in given.items() if key not in told} or None


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
    """What the model may call, and what the code behind it is given."""
    key = next((key for key in TOOLS if key in before.meta or key in after.meta), None)
    if key is None or before.meta.get(key) == after.meta.get(key):
        return
    old, new = _tools_of(before.meta.get(key)), _tools_of(after.meta.get(key))

    def told(kind: str, message: str, was: str | None, now: str | None) -> Change:
        of = was and f"tools.{was}", now and f"tools.{now}"
        return at_key(kind, message, before, after, key, of=of)

    for name in old:
        if name not in new:
            yield told("tool-removed", f"the tool {name!r} is gone", name, None)
    for name, other in new.items():
        if name in old:
            yield from (told(*each) for each in _of_tool(name, old[name], other))
        else:
            yield told("tool-added", f"the tool {name!r} is new", None, name)
    if _nameless(before.meta.get(key)) != _nameless(after.meta.get(key)):
        message = "tools without a name are others"
        yield at_key("tools-text", message, before, after, key, of=("tools", "tools"))


def _of_tool(
    name: str, one: JsonObject, other: JsonObject
) -> Iterator[tuple[str, str, str | None, str | None]]:
    """What differs of a tool: its class, its words, and the path on each side."""
    if one.get("description") != other.get("description"):
        yield "tools-text", f"the tool {name!r} is described otherwise", name, name
    for each in differences(_parameters(one), _parameters(other)):
        path = ".".join((name, *each.route))
        yield _OF_TOOL[each.effect], f"of the tool {name!r}, {said(each)}", *each.sides(path)
    if _rest(one, _TOLD_OF_TOOL) != _rest(other, _TOLD_OF_TOOL):
        yield "tools-text", f"what is said of the tool {name!r} is else", name, name


def _nameless(given: Json) -> Json:
    """What stands among the tools and is none that can be told from others."""
    if isinstance(given, list):
        return [each for each in given if not _tools_of([each])] or None
    return None if isinstance(given, str) else given


def _parameters(tool: JsonObject) -> JsonObject:
    """Their schema; that of a tool without any, and of what cannot be read, has none."""
    return _schema(tool.get("parameters")) or _NO_PARAMETERS


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


def _tools_of(given: Json) -> dict[str, JsonObject]:
    """The tools by name; agents and skills write them as one text, `Read, Bash(git log:*)`."""
    if isinstance(given, str):
        return {name: {} for name in _TOOL.findall(given)}
    found: dict[str, JsonObject] = {}
    for tool in given if isinstance(given, list) else ():
        if isinstance(tool, str):
            found[tool] = {}
        elif isinstance(tool, dict):
            inner = mapping(tool.get("function")) or tool
            if isinstance(inner.get("name"), str):
                found[str(inner["name"])] = inner
    return found
