"""The name is not of lower-case words joined by hyphens, which is the only form that names have.

Names stand in suites, in URLs and on command lines, where a space or a capital letter is one more
thing to get wrong. `agentops eval` refuses another form in the native format, so it is an error
there. A skill's name may have up to 64 characters.

Source: https://agentskills.io/specification (name), verified 2026-11-24.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.frontmatter.name_mismatch import as_name
from agentops_cli.rules.problems import named
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced, written

_KEBAB: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST: Final = 64


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What the reader refuses as a name; of a skill the same by its own rules."""
    if file.kind == "native":
        for problem in named(file, "not-kebab") if file.problems else ():
            yield _hit(file, problem.message, Severity.ERROR)
        return
    name = file.meta.get("name")
    if not isinstance(name, str) or not name:
        return
    if not _KEBAB.fullmatch(name):
        yield _hit(file, f"the name {name!r} is not of lower-case words joined by hyphens", None)
    elif len(name) > _LONGEST:
        at = file.location(file.value_at("name"))
        message = f"the name has {len(name)} characters; the limit is {_LONGEST}"
        yield Hit(at=at, message=message, fix="shorten it")


def _hit(file: PromptFile, message: str, severity: Severity | None) -> Hit:
    name = as_name(str(file.meta.get("name")))
    span = written(file, file.routes["name"])
    return Hit(
        at=span or file.location(file.value_at("name")),
        message=message,
        fix=f"write name: {name}" if name else "write lower-case words joined by hyphens",
        edits=replaced(span, name) if span and name else (),
        severity=severity,
    )
