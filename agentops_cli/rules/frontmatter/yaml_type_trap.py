"""A text without quotes is a number, a date or false to some reader of YAML.

`version: 1.10` is the number 1.1 to every reader: the tenth release becomes the first. To readers
of YAML 1.1, such as PyYAML, `author: no` is false, `tags: [12:30]` holds the number 750 and
`name: 1_000` is 1000; YAML 1.2 takes these for text. The fix puts the value in quotes,
except where a list is asked for, which a text in quotes is not either.

An error where the value is no text to `agentops` either, which then refuses it; else a warning.

Quiet: about keys whose values are no text; about days, which every reader prints as they are
written.

Source: https://yaml.org/type/bool.html and https://yaml.org/type/int.html, and what PyYAML 6.0.3
makes of them, verified 2026-11-24.
"""

from collections.abc import Iterator
from typing import Final

import yaml

from agentops_cli.locate import Route
from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import named, place_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import quoted, replaced, route_at, written

_TEXTS: Final = ("name", "version", "author", "tags", "description", "stop")
_RESOLVERS: Final = yaml.SafeLoader.yaml_implicit_resolvers
_KINDS: Final = {
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
}


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What the reader refuses as no text, then what only other readers would not take for text."""
    meta = file.meta
    if file.problems:
        yield from _refused(file)
    for key in _TEXTS:
        value = meta.get(key)
        if value is None:
            continue
        if isinstance(value, str):
            if value[:1] in _RESOLVERS and (kind := _other_kind(value)):
                yield from _hit(file, file.routes[key], value, kind)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, str) and (kind := _other_kind(item)):
                    yield from _hit(file, (*file.routes[key], index), item, kind)


def _refused(file: PromptFile) -> Iterator[Hit]:
    for problem in named(file, "type-trap"):
        place = place_of(problem, file)
        route = route_at(file, place)
        span = written(file, route) if route else None
        text = file.text[span.start : span.end] if span else ""
        yield Hit(
            at=place,
            message=problem.message,
            fix=problem.fix or "put it in quotes",
            edits=replaced(span, quoted(text)) if span else (),
        )


def _hit(file: PromptFile, route: Route, value: str, kind: str) -> Iterator[Hit]:
    if file.document is None or not file.document.is_plain(route):
        return
    span = written(file, route)
    if span is not None and file.text[span.start : span.end] == value:
        yield Hit(
            at=span,
            message=f"some readers of YAML take {value!r} for {kind}, not for text",
            fix=f"put it in quotes: {quoted(value)}",
            edits=replaced(span, quoted(value)) if route != file.routes.get("tags") else (),
            severity=Severity.WARNING,
        )


def _other_kind(text: str) -> str | None:
    """What readers of YAML 1.1 take a text for; None where they take it for text."""
    for tag, pattern in _RESOLVERS.get(text[:1], ()):
        if tag in _KINDS and pattern.match(text):
            return _KINDS[tag]
    return None
