"""What the keys of a suite hold: plain shapes, and texts and JSON of the files they name."""

import posixpath
from collections.abc import Callable

from agentops_cli.errors import UnreadableError
from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.ports import Source
from agentops_cli.suite.dataset import parse_json

Report = Callable[[Finding], None]


class Values:
    """Reads the values of one suite document, reporting what is wrong with them.

    Paths are relative to the suite. A file is read once, however many cases name it.
    """

    def __init__(self, document: Document, *, source: Source, report: Report) -> None:
        self._document = document
        self._source = source
        self._report = report
        self._folder = posixpath.dirname(document.path)
        self._files: dict[str, str] = {}

    def named(self, holder: JsonObject, key: str, route: Route) -> JsonObject:
        """The values by name under a key, those of files read: `vars`, `stubs`."""
        given = as_mapping(holder.get(key))
        return {name: self._value(value, (*route, key, name)) for name, value in given.items()}

    def text(self, path: str, route: Route) -> str | None:
        """The text of a file that is named at a route; None after it could not be read."""
        if path not in self._files:
            try:
                self._files[path] = self._source.read(path)
            except UnreadableError as error:
                self.unreadable(error, route)
                return None
        return self._files[path]

    def unreadable(self, error: UnreadableError, route: Route) -> None:
        """Reports that a file which is named at a route cannot be read."""
        fix = error.fix or "mend the path, which is relative to the suite"
        self._add("missing-file", error.message, route, fix)

    def beside(self, path: str) -> str:
        """A path as the source knows it."""
        return posixpath.normpath(posixpath.join(self._folder, path))

    def _value(self, value: Json, route: Route) -> Json:
        if not isinstance(value, dict) or set(value) not in ({"file"}, {"json"}):
            return value
        [(how, name)] = value.items()
        text = self.text(self.beside(str(name)), route)
        if text is None or how == "file":
            return text
        try:
            return parse_json(text)
        except ValueError as error:
            problem = f"{name} is not valid JSON: {error}"
            self._add("bad-json", problem, route, "mend the file, or read it as {file: …}")
            return None

    def _add(self, rule: str, message: str, route: Route, fix: str | None) -> None:
        place = self._document.at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))


def as_mapping(value: Json) -> JsonObject:
    """The mapping that a value is, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """The list that a value is, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str | None:
    """The text that a value is, else None."""
    return value if isinstance(value, str) else None


def as_number(value: Json, default: float) -> float:
    """The number that a value is, else the default."""
    return default if value is None or isinstance(value, str | list | dict) else float(value)
