"""The section `tools` of frontmatter: the functions that a model may call."""

from typing import Final

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.tool import Tool
from agentops_cli.prompt.interface import Report, read_schema

_NO_PARAMETERS: Final[JsonObject] = {
    "type": "object",
    "properties": {},
    "additionalProperties": False,
}


def read_tools(document: Document, section: Json, report: Report) -> tuple[Tool, ...]:
    """Reads `tools`; `section` is the part of it that the schema of frontmatter accepts.

    A tool is `{name, description, parameters}`, or the same as OpenAI writes it, below `function`.
    Its parameters are Picoschema or JSON Schema of an object; without any it takes none.
    """
    reader = _ToolReader(document, report)
    items = section if isinstance(section, list) else []
    tools = (reader.tool(item, ("tools", index)) for index, item in enumerate(items))
    return tuple(tool for tool in tools if tool)


class _ToolReader:
    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self._report = report
        self._first: dict[str, Route] = {}

    def tool(self, item: Json, route: Route) -> Tool | None:
        """One tool; None where it cannot be told which."""
        if not isinstance(item, dict):
            return None  # Reported by the schema.
        inner = item.get("function")
        given, here = (inner, (*route, "function")) if isinstance(inner, dict) else (item, route)
        for key in item.keys() & {"name", "description", "parameters"} if given is inner else ():
            fix = "put it below 'function', or remove 'function'"
            self._add("conflict", (*route, key), f"{key!r} stands beside 'function'", fix)
        parameters = self._parameters(given, (*here, "parameters"))
        name, about = given.get("name"), given.get("description")
        if not isinstance(name, str):
            return None
        self._demand_distinct(name, (*here, "name"))
        description = about if isinstance(about, str) else None
        return Tool(name=name, description=description, parameters=parameters)

    def _demand_distinct(self, name: str, route: Route) -> None:
        first = self._first.setdefault(name, route)
        if first != route:
            message = f"the tool {name!r} is declared at {self._document.at(first)} already"
            self._add("duplicate-tool", route, message, "give each tool a name of its own")

    def _parameters(self, given: JsonObject, route: Route) -> JsonObject:
        if "parameters" not in given:
            return _NO_PARAMETERS
        read = read_schema(self._document, given["parameters"], route, self._report)
        if read.schema.get("type") != "object" and not read.problems:
            fix = "write {id: string}, or type: object and the parameters under properties"
            message = "the parameters of a tool are a mapping of names to types"
            self._add("bad-schema", route, message, fix)
        return read.schema

    def _add(self, rule: str, route: Route, message: str, fix: str) -> None:
        place = self._document.key_at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))
