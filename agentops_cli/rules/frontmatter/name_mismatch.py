"""The prompt's name is not that of its file, so it is not found where others look for it.

Suites name a prompt by its `name`, people by its file; where the two differ, one of them finds
another prompt or none. A skill is loaded by the name of its folder, and loaders refuse one whose
`name` is another. The fix writes the file's name, or the folder's, which is unsafe where suites use
the other.

Quiet: about a variant in the file's name (`triage.short.prompt.md` may be `triage`), and where the
file's name in lower-case words joined by hyphens is the prompt's.

Source: https://agentskills.io/specification (name), verified 2026-11-24.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from agentops_cli.prompt.read import default_name
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced, written

_NOT_OF_A_NAME: Final = re.compile(r"[^a-z0-9]+")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """A name of its own that neither the file nor its folder has."""
    name = file.meta.get("name")
    if not isinstance(name, str) or not name:
        return
    if file.kind == "skill":
        wanted, what = PurePosixPath(file.path).parent.name, "folder"
    else:
        wanted, what = default_name(file.path), "file"
    if not wanted or name in (wanted, wanted.split(".")[0]) or name == as_name(wanted):
        return
    if file.kind != "skill" and name == as_name(wanted.split(".")[0]):
        return
    span = written(file, file.routes["name"])
    right = as_name(wanted)
    yield Hit(
        at=span or file.location(file.value_at("name")),
        message=f"the name {name!r} is not that of the {what}, {wanted!r}",
        fix=f"write name: {right}, or rename the {what}",
        edits=replaced(span, right) if span and right else (),
    )


def as_name(text: str) -> str:
    """A text as lower-case words joined by hyphens."""
    return _NOT_OF_A_NAME.sub("-", text.lower()).strip("-")
