"""Prompts of GitHub Models: `*.prompt.yml`.

Source: https://docs.github.com/github-models/use-github-models/storing-prompts-in-github-repositories,
verified 2026-11-24. The variables are not declared: the rows of `testData` say which there are.
"""

import json
import re
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import PromptInput
from agentops_cli.prompt.foreign.messages import messages_at
from agentops_cli.prompt.foreign.sheet import Sheet, items, mapping, sampling_in
from agentops_cli.prompt.source import Kind, PromptFile, Stored
from agentops_cli.user_schema import problems_of

_ALIASES: Final = sampling_in(("modelParameters",))
_FORMATS: Final = ("text", "json_object", "json_schema")
_NAME: Final = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
_EXPECTED: Final = "expected"


def read(stored: Stored, *, path: str, kind: Kind) -> PromptFile:
    """Reads a file of GitHub Models; never fails."""
    sheet = Sheet(stored, path, kind)
    if not sheet.data and not sheet.problems:
        fix = "write name, model and messages, one a line"
        sheet.add("wrong-type", "the file must be a mapping of keys", (), fix)
    meta, routes = sheet.named(_ALIASES)
    _output(sheet, meta, routes)
    return sheet.file(
        engine="placeholders",
        meta=meta,
        routes=routes,
        passages=messages_at(sheet, ("messages",)),
        inputs=_inputs(sheet),
    )


def _inputs(sheet: Sheet) -> dict[str, PromptInput] | None:
    """The columns of the test data, without what only evaluators look at."""
    rows = [mapping(row) for row in items(sheet.data.get("testData"))]
    if not any(rows) or "variables" in sheet.data:
        # An extension of some declares them; whatever it says, the test data need not have all.
        return None
    for_evaluators = {_EXPECTED, *_NAME.findall(json.dumps(sheet.data.get("evaluators")))}
    used = set(_NAME.findall(json.dumps(sheet.data.get("messages"))))
    found: dict[str, PromptInput] = {}
    for index, row in enumerate(rows):
        for name in row:
            if name not in found and (name in used or name not in for_evaluators):
                found[name] = sheet.input(name, {}, ("testData", index, name), required=True)
    return found


def _output(sheet: Sheet, meta: JsonObject, routes: dict[str, Route]) -> None:
    """`responseFormat` and `jsonSchema` as `output`."""
    given = sheet.data.get("responseFormat")
    if given is None:
        return
    if given not in _FORMATS:
        message = f"'responseFormat' must be one of {', '.join(_FORMATS)}, not {given!r}"
        sheet.add("bad-value", message, ("responseFormat",), "write one of them")
        return
    output: JsonObject = {"format": "text" if given == "text" else "json"}
    if given == "json_schema":
        schema = _schema(sheet)
        if schema is not None:
            output["schema"] = schema
    meta["output"], routes["output"] = output, ("responseFormat",)


def _schema(sheet: Sheet) -> Json:
    """The schema within `jsonSchema`, which is JSON in a text; `{name, schema}` or the schema."""
    route: Route = ("jsonSchema",)
    given = sheet.data.get("jsonSchema")
    if given is None:
        fix = "add jsonSchema: with the schema of the answer"
        message = "the format 'json_schema' needs a 'jsonSchema'"
        sheet.add("bad-schema", message, ("responseFormat",), fix)
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            reason = str(error).splitlines()[0] if isinstance(error, ValueError) else "too deep"
            sheet.add("bad-schema", f"'jsonSchema' is not JSON: {reason}", route, "mend the JSON")
            return None
    outer = mapping(given)
    schema = outer["schema"] if isinstance(outer.get("schema"), dict) else given
    if not isinstance(schema, dict):
        fix = "write {name: …, schema: {type: object, …}}"
        sheet.add("bad-schema", "'jsonSchema' is not a JSON Schema", route, fix)
        return None
    for problem in problems_of(schema):
        sheet.add("bad-schema", problem.message, route, problem.fix)
    return schema
