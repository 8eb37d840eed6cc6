"""Templates of Simon Willison's `llm`: YAML with `prompt`, `system` and `$name` in both.

Source: https://llm.datasette.io/en/stable/templates.html, verified 2026-11-24.
"""

from typing import Final

from agentops_cli.prompt.foreign.sheet import Sheet, mapping, sampling_in
from agentops_cli.prompt.source import Kind, PromptFile, Stored
from agentops_cli.user_schema import problems_of

_ALIASES: Final = sampling_in(("options",))


def read(stored: Stored, *, path: str, kind: Kind) -> PromptFile:
    """Reads a template of `llm`; never fails."""
    sheet = Sheet(stored, path, kind)
    meta, routes = sheet.named(_ALIASES)
    for key in ("prompt", "system"):
        if key in sheet.data and not isinstance(sheet.data[key], str):
            sheet.add("wrong-type", f"{key!r} must be text, not this", (key,), "write text")
    schema = sheet.data.get("schema_object")
    if isinstance(schema, dict):
        for problem in problems_of(schema):
            where = ("schema_object", *problem.route)
            sheet.add("bad-schema", problem.message, where, problem.fix, on_key=problem.on_key)
        meta["output"] = {"format": "json", "schema": schema}
        routes["output"] = ("schema_object",)
    passages = (sheet.passage("system", ("system",)), sheet.passage("user", ("prompt",)))
    return sheet.file(
        engine="dollar",
        meta=meta,
        routes=routes,
        passages=(passage for passage in passages if passage),
        inputs=None,
        defaults=mapping(sheet.data.get("defaults")),
    )
