"""A template that is included is not there, or includes the one that includes it.

Names are paths from the folder of the prompt. A prompt whose include is missing, or goes round in a
circle, cannot be rendered.

Quiet: about `ignore missing`, and about lists of names, of which one will do; where a variable
decides, which PT008 tells; about partials of Handlebars, which a program may register under any
name.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.includes import included_path
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Include
from agentops_cli.rules.partials import Partials
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_MOST: Final = 1_000
"""Files that are looked at for circles from one prompt."""


def check(project: Project) -> Iterator[Hit]:
    """Each include that leads nowhere, or back."""
    partials = project.partials
    if partials is None:
        return
    for card in project.tree.values():
        file = partials.file(card.path) if card.includes else None
        if file is not None and file.engine == "jinja2":
            yield from _of(file, partials)


def _of(file: PromptFile, partials: Partials) -> Iterator[Hit]:
    for include in file.template.includes:
        if include.name is None:
            continue
        path = included_path(file.path, include.name)
        place = file.location(include.span.start)
        if partials.file(path) is None:
            if not include.optional:
                yield Hit(
                    at=place,
                    message=f"there is no template {include.name!r}",
                    fix="check the name, a path from the folder of the prompt",
                )
        elif circle := _circle(file.path, path, partials):
            yield Hit(
                at=place,
                message=f"templates include each other: {' → '.join(circle)}",
                fix="break the circle",
            )


def _circle(start: str, path: str, partials: Partials) -> tuple[str, ...]:
    """The way from a file by its include back to itself; empty where there is none."""
    ways: list[tuple[str, ...]] = [(start, path)]
    seen = {path}
    while ways and len(seen) < _MOST:
        way = ways.pop()
        if way[-1] == start:
            return way
        file = partials.file(way[-1])
        for include in _named(file):
            other = included_path(start, include)
            if other == start or other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()


def _named(file: PromptFile | None) -> Iterator[str]:
    includes: tuple[Include, ...] = file.template.includes if file else ()
    return (include.name for include in includes if include.name is not None)
