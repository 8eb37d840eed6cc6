"""The default of a variable is not what its own schema takes.

Whoever leaves the variable out gets a value that would be refused if it were given.

Quiet: about defaults of variables that are not declared, which PF014 tells.
"""

from collections.abc import Iterator

from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import PromptInput
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.user_schema import misfit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each default that does not fit."""
    if not file.inputs:
        return
    # The reader has judged them too, and other defaults than these it does not know.
    for name, value in file.defaults.items() if file.problems else ():
        declared = file.inputs.get(name)
        reason = misfit(declared.schema, value, name) if declared else None
        if declared and reason:
            yield _hit(_place(file, declared), declared, reason)
    for declared in file.inputs.values():
        if "default" in declared.schema and declared.name not in file.defaults:
            own: Json = declared.schema["default"]
            if reason := misfit(declared.schema, own, declared.name):
                yield _hit(declared.location, declared, reason)


def _hit(place: Location, declared: PromptInput, reason: str) -> Hit:
    return Hit(
        at=place,
        message=f"the default of {declared.name!r} does not fit: {reason}",
        fix=f"change the default, or the type, which is declared at {declared.location}",
    )


def _place(file: PromptFile, declared: PromptInput) -> Location:
    given = file.meta.get("input")
    defaults = given.get("default") if isinstance(given, dict) else None
    if isinstance(defaults, dict) and declared.name in defaults and "input" in file.routes:
        return file.location(file.value_at("input", "default", declared.name))
    return declared.location
