"""What the commands of the registry share: how they begin, and how they print."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, TypeAlias

import typer

from agentops_cli.config import load_config
from agentops_cli.flows.registry.resolve import Registry
from agentops_cli.flows.registry.wanted import read_wanted
from agentops_cli.flows.world import World
from agentops_cli.model.json import JsonObject
from agentops_cli.model.settings import Config
from agentops_cli.redact import Redact, secrets_in
from agentops_cli.reporters.wording import flat

Name: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="A prompt: its name or path; of other versions name@1.2.0, name@^1.2, name@{REF}."
        " In a range the highest version with a tag wins; only where none has, any that git knows.",
        metavar="NAME",
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="The same as --format json.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A project whose prompts are looked up. Secrets are hidden; addresses of authors are not."""

    world: World
    config: Config
    registry: Registry
    redact: Redact

    def wanted(self, typed: str) -> str:
        """A prompt as it is typed, a path from the working folder as one from the root."""
        wanted = read_wanted(typed)
        return str(replace(wanted, name=self.path(wanted.name)))

    def path(self, typed: str) -> str:
        """A path from the root of the project, if there is such a file in the working folder.

        Whatever begins with dots is a path, also of a file that is there no more. All else is as it
        is typed: it may be a name, or a path from the root.
        """
        where = self.world.cwd / typed
        is_path = "/" in typed or bool(where.suffix)
        if not typed.startswith(("./", "../")) and not (is_path and os.path.lexists(where)):
            return typed
        found = os.path.relpath(os.path.normpath(where), self.config.root)
        return found.replace(os.sep, "/")


def opened() -> Opened:
    """The project around the working folder."""
    world = World()
    config = load_config(world.cwd, environ=world.environ)
    redact = Redact(secrets_in(world.environ), personal=False)
    return Opened(world=world, config=config, registry=Registry(config), redact=redact)


def print_lines(lines: Iterable[str]) -> None:
    """Prints results, a line each."""
    for line in lines:
        typer.echo(line)


def print_json(value: JsonObject) -> None:
    """Prints results for a program; in ASCII, so that no terminal obeys what is in it."""
    typer.echo(json.dumps(value, indent=2))


def say(project: Opened, lines: Iterable[str]) -> None:
    """Prints lines about the run, on stderr."""
    for line in lines:
        typer.echo(flat(project.redact(line)), err=True)
