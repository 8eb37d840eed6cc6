"""Prompts of Semantic Kernel: in YAML, or as a folder of `skprompt.txt` and `config.json`.

Of a folder the one file is the template and the other one its settings; each is read by itself, so
the template knows nothing of the variables that the settings declare. A template that has no
`<message role="…">` in it is a message of the user.

Source: https://learn.microsoft.com/en-us/semantic-kernel/concepts/prompts/yaml-schema, verified
2026-11-24.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import PromptInput, Role
from agentops_cli.prompt.foreign.messages import ROLES
from agentops_cli.prompt.foreign.sheet import Sheet, items, mapping, sampling_in
from agentops_cli.prompt.source import Engine, Kind, Passage, PromptFile, Span, Stored
from agentops_cli.user_schema import problems_of

_ENGINES: Final[Mapping[str, Engine]] = {
    "handlebars": "handlebars",
    "jinja2": "jinja2",
    # Two languages that the linter does not parse.
    "semantic-kernel": "none",
    "liquid": "none",
}
DEFAULT_FORMAT: Final = "semantic-kernel"

_FENCE: Final = re.compile(
    r"""
    (?P<open> <message\s+role\s*=\s*(?P<q>["'])(?P<tag>\w+)(?P=q)\s*>
      | \{\{~?\#message\s+role\s*=\s*(?P<h>["'])(?P<block>\w+)(?P=h)\s*~?\}\} )
    | </message> | \{\{~?/message\s*~?\}\}
    """,
    re.VERBOSE,
)
"""What a message begins or ends with: a tag, or the helper of Handlebars."""


def messages_in(template: str) -> Iterator[tuple[str, int, int, int, int]]:
    """The role of each message, where it is from and to, and the same of its text."""
    opened: re.Match[str] | None = None
    for found in _FENCE.finditer(template):
        if found["open"]:
            opened = opened or found
        elif opened:
            role = opened["tag"] or opened["block"]
            yield role, opened.start(), found.end(), opened.end(), found.start()
            opened = None


def read(stored: Stored, *, path: str, kind: Kind) -> PromptFile:
    """Reads a prompt of Semantic Kernel; never fails."""
    if path.lower().endswith(".txt"):
        return _template(stored, path, kind)
    sheet = Sheet(stored, path, kind)
    meta, routes = sheet.named(_aliases(sheet))
    _output(sheet, meta, routes)
    inputs, defaults = _inputs(sheet)
    return sheet.file(
        engine=_engine(sheet),
        meta=meta,
        routes=routes,
        passages=_passages(sheet),
        inputs=inputs,
        defaults=defaults,
    )


def _template(stored: Stored, path: str, kind: Kind) -> PromptFile:
    """The template of a folder, which is all text."""
    whole = Passage(role="user", text=stored.text, segments=((0, 0),))
    passages = _parted(whole) if stored.text.strip() else ()
    body = Span(start=0, end=len(stored.text))
    return PromptFile(path=path, kind=kind, stored=stored, body=body, passages=passages)


def _aliases(sheet: Sheet) -> dict[str, list[Route]]:
    """Where each service has its settings; those called `default` come first."""
    services = sorted(mapping(sheet.data.get("execution_settings")), key=lambda it: it != "default")
    outer: list[Route] = [("execution_settings", service) for service in services]
    models: list[Route] = [(*route, "model_id") for route in outer]
    return {"model": models, **sampling_in(*outer)}


def _engine(sheet: Sheet) -> Engine:
    given = sheet.data.get("template_format", DEFAULT_FORMAT)
    engine = _ENGINES.get(given.lower()) if isinstance(given, str) else None
    if engine is None:
        message = f"'template_format' must be one of {', '.join(_ENGINES)}, not {given!r}"
        sheet.add("bad-value", message, ("template_format",), "write one of them")
    return engine or "none"


def _passages(sheet: Sheet) -> tuple[Passage, ...]:
    template = sheet.data.get("template")
    if template is not None and not isinstance(template, str):
        sheet.add("wrong-type", "'template' must be text, not this", ("template",), "write text")
    whole = sheet.passage("user", ("template",))
    return _parted(whole) if whole else ()


def _parted(whole: Passage) -> tuple[Passage, ...]:
    """The messages of a template."""
    if "message" in whole.text and (left := left_over(whole.text)) is not None:
        # Where something stands between the messages, such as a loop, they are no lines of a list.
        return (replace(whole, role=None),) if left.strip() else tuple(_messages(whole))
    return (whole,)


def left_over(template: str) -> str | None:
    """What stands outside of the messages; None where there is no message at all."""
    pieces, at = [], 0
    for _, start, end, _, _ in messages_in(template):
        pieces.append(template[at:start])
        at = end
    return "".join((*pieces, template[at:])) if at else None


def _messages(whole: Passage) -> Iterator[Passage]:
    for role, _, _, start, end in messages_in(whole.text):
        if whole.text[start:end].strip():
            yield _part(whole, start, end, ROLES.get(role))


def _part(whole: Passage, start: int, end: int, role: Role | None) -> Passage:
    """A stretch of a passage, as one of its own."""
    if not whole.exact:
        return replace(whole, role=role, text=whole.text[start:end])
    later = tuple((at - start, file) for at, file in whole.segments if start < at < end)
    segments = ((0, whole.offset(start)), *later)
    return Passage(role=role, text=whole.text[start:end], segments=segments)


def _inputs(sheet: Sheet) -> tuple[dict[str, PromptInput] | None, dict[str, Json]]:
    given = sheet.data.get("input_variables")
    if given is not None and not isinstance(given, list):
        fix = "write '- name: …' for each"
        sheet.add(
            "wrong-type", "'input_variables' must be a list, not this", ("input_variables",), fix
        )
        return None, {}
    if given is None:
        return None, {}
    found: dict[str, PromptInput] = {}
    defaults: dict[str, Json] = {}
    for index, item in enumerate(items(given)):
        route: Route = ("input_variables", index)
        name = mapping(item).get("name")
        if not isinstance(name, str) or not name:
            sheet.add("wrong-type", "the variable has no 'name'", route, "add name: …")
            continue
        part = mapping(item)
        has_default = part.get("default") is not None
        declared = sheet.input(
            name,
            schema_in(sheet, part.get("json_schema"), (*route, "json_schema")),
            (*route, "name"),
            required=part.get("is_required", True) is not False and not has_default,
            schema_at=(*route, "json_schema"),
        )
        found[name] = replace(declared, trusted=part.get("allow_dangerously_set_content") is True)
        if has_default:
            defaults[name] = part["default"]
            sheet.check_default(declared, part["default"], (*route, "default"))
    return found, defaults


def _output(sheet: Sheet, meta: JsonObject, routes: dict[str, Route]) -> None:
    route: Route = ("output_variable", "json_schema")
    given = sheet.value(route)
    if given is None:
        return
    schema = schema_in(sheet, given, route)
    for problem in problems_of(schema):
        sheet.add("bad-schema", problem.message, (*route, *problem.route), problem.fix)
    if schema and schema.get("type") != "string":
        meta["output"], routes["output"] = {"format": "json", "schema": schema}, route


def schema_in(sheet: Sheet, given: Json, route: Route) -> JsonObject:
    """A JSON Schema that is written as a mapping, or as JSON in a text."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            sheet.add("bad-schema", "the JSON of the schema cannot be read", route, "mend it")
            return {}
    if given is not None and not isinstance(given, dict):
        sheet.add("bad-schema", "a JSON Schema is a mapping", route, "write {type: string}")
    return mapping(given)
