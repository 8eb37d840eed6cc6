"""A file of a foreign format while it is read: its keys, and what is wrong with them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import PromptInput, Role
from agentops_cli.prompt.canonical import canonical
from agentops_cli.prompt.foreign.scalars import passage_of
from agentops_cli.prompt.frontmatter import Parts, find_frontmatter
from agentops_cli.prompt.loose import read_loosely
from agentops_cli.prompt.meta import SAMPLING_NAMES
from agentops_cli.prompt.read import MAX_FRONTMATTER, too_large
from agentops_cli.prompt.source import Engine, Kind, Passage, PromptFile, Span, Stored
from agentops_cli.user_schema import misfit, problems_of

_OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {"stop": ("stop_sequences",)}

Aliases = Mapping[str, Iterable[Route]]
"""For each native key the routes at which a format may have it, the best first."""


class Sheet:
    """The keys of a file, each with its place. `data` is empty where they are no mapping."""

    def __init__(self, stored: Stored, path: str, kind: Kind, parts: Parts | None = None) -> None:
        self.problems: list[Finding] = []
        self.parts = parts
        self.document = self._document(stored.text, path, parts)
        self.whole: Json = self.document.data if self.document else None
        self.data = mapping(self.whole)
        self._bare = PromptFile(path=path, kind=kind, stored=stored)

    @classmethod
    def of_markdown(cls, stored: Stored, path: str, kind: Kind) -> "Sheet":
        """The frontmatter of a file; one that has none is all body, and that is no mistake."""
        parts = find_frontmatter(stored.text, path=path, required=True)
        if parts.problem and parts.problem.rule == "missing-frontmatter":
            parts = replace(parts, problem=None)
        return cls(stored, path, kind, parts)

    def _document(self, text: str, path: str, parts: Parts | None) -> Document | None:
        first_line = 1
        if parts is not None:
            if parts.problem:
                self.problems.append(parts.problem)
            if parts.frontmatter is None:
                return None
            text, first_line = parts.frontmatter, parts.frontmatter_line
            if too_long := too_large(text, MAX_FRONTMATTER, "frontmatter", path):
                self.problems.append(too_long)
                return None
        loose = read_loosely(text, path=path, first_line=first_line)
        self.problems += loose.findings
        return loose.document

    @property
    def text(self) -> str:
        """All characters of the file."""
        return self._bare.text

    def value(self, route: Route) -> Json:
        """What stands at a route; None where nothing does."""
        return at(self.whole, route)

    def add(self, rule: str, message: str, route: Route, fix: str, *, on_key: bool = False) -> None:
        """Notes a mistake at a value, or at its key."""
        if self.document is not None:
            place = self.document.key_at(route) if on_key else self.document.at(route)
            self.problems.append(Finding(rule=rule, message=message, location=place, fix=fix))

    def add_at(self, rule: str, message: str, offset: int, fix: str) -> None:
        """Notes a mistake at an offset of the text."""
        place = self._bare.location(offset)
        self.problems.append(Finding(rule=rule, message=message, location=place, fix=fix))

    def passage(self, role: Role | None, route: Route) -> Passage | None:
        """The text at a route as the message of a role; None where there is no text."""
        value = self.value(route)
        end = self.document.end_at(route) if self.document else None
        if self.document is None or end is None or not isinstance(value, str) or not value.strip():
            return None
        start = self._bare.offset(self.document.at(route))
        return passage_of(self.text, start, self._bare.offset(end), value=value, role=role)

    def named(self, aliases: Aliases) -> tuple[JsonObject, dict[str, Route]]:
        """The keys under their native names, and the routes to them.

        A `model` or `author` that is still a mapping then says nothing that could be told.
        """
        meta, routes = canonical(self.data)
        for key, candidates in aliases.items():
            for route in candidates:
                value = self.value(route)
                if value is not None and not (key == "model" and isinstance(value, dict)):
                    meta[key], routes[key] = value, route
                    break
        if isinstance(meta.get("model"), dict):
            del meta["model"], routes["model"]
        return meta, routes

    def input(
        self,
        name: str,
        schema: JsonObject,
        route: Route,
        *,
        required: bool,
        schema_at: Route | None = None,
    ) -> PromptInput:
        """A variable, after a look at its schema."""
        assert self.document is not None  # noqa: S101 # What declares it stands in the document.
        for problem in problems_of(schema):
            where = (*(route if schema_at is None else schema_at), *problem.route)
            self.add("bad-schema", problem.message, where, problem.fix, on_key=problem.on_key)
        return PromptInput(
            name=name,
            schema=schema,
            required=required,
            trusted=False,
            location=self.document.key_at(route),
        )

    def check_default(self, declared: PromptInput, value: Json, route: Route) -> None:
        """Notes a default that is not what its own schema says."""
        if not problems_of(declared.schema):
            reason = misfit(declared.schema, value, declared.name)
            if reason:
                self.add("bad-default", reason, route, "mend the default, or the type")

    def file(
        self,
        *,
        engine: Engine,
        meta: JsonObject,
        routes: Mapping[str, Route],
        passages: Iterable[Passage],
        inputs: Mapping[str, PromptInput] | None,
        defaults: Mapping[str, Json] | None = None,
    ) -> PromptFile:
        """All that was read."""
        parts, length = self.parts, len(self.text)
        block: Span | None = Span(start=0, end=length)
        if parts is not None:
            front = parts.frontmatter
            block = (
                Span(start=parts.start, end=parts.start + len(front)) if front is not None else None
            )
        return replace(
            self._bare,
            engine=engine,
            block=block,
            body=Span(start=parts.body_start, end=length) if parts else None,
            document=self.document,
            meta=meta,
            routes=routes,
            passages=tuple(passages),
            inputs=inputs,
            defaults=defaults or {},
            problems=tuple(self.problems),
        )


def sampling_in(*outer: Route) -> dict[str, list[Route]]:
    """Where settings of sampling stand that are written inside these mappings."""
    return {
        key: [(*route, name) for route in outer for name in (*names, *_OTHER_NAMES.get(key, ()))]
        for key, names in SAMPLING_NAMES.items()
    }


def at(value: Json, route: Route) -> Json:
    """The part of a value that a route leads to; None where it leads nowhere."""
    for step in route:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def mapping(value: Json) -> JsonObject:
    """A value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """A value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []
