"""No case takes a branch of the template, or none gives a value that an enum allows.

What no case renders, nobody has seen: a branch with a mistake in it waits for its first user. Of
`{% if tone %}` one case has to give `tone` and one has to leave it out; of an input with an enum
each value wants a case.

Quiet: about conditions of more than one variable's being there (`{% if tone == 'terse' and x %}`):
which cases make them true is known only once all are rendered, which costs more than it tells;
about suites with more than 5,000 cases, and where a suite cannot be read.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.model.suite import Case
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import whole_suites
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_SIMPLE: Final = re.compile(r"\{%[-+]?\s*(?:el)?if\s+(?:not\s+)?(\w+)\s*[-+]?%\}")
_MOST_NAMED: Final = 5


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The condition that no case makes true, or none false; the enum with a value left out."""
    suites = whole_suites(file, project)
    cases = [case for suite in suites for case in suite.looked_at]
    if not cases:
        return
    yield from _conditions(file, cases)
    yield from _enums(file, cases)


def _conditions(file: PromptFile, cases: Sequence[Case]) -> Iterator[Hit]:
    if "if" not in file.text or "{%" not in file.text:
        return
    told: set[str] = set()
    for use in file.template.uses:
        if use.kind != "condition" or use.name in told:
            continue
        written = _SIMPLE.fullmatch(file.text[use.tag.start : use.tag.end])
        if written is None or written[1] != use.name:
            continue
        told.add(use.name)
        truths = {bool(value) for value in _values(file, cases, use.name)}
        if len(truths) == 1:
            missing = "is empty or left out" if True in truths else "is given"
            yield Hit(
                at=use.span,
                message=f"there is no case in which {use.name!r} {missing}",
                fix="add one, so that both branches are seen",
            )


def _enums(file: PromptFile, cases: Sequence[Case]) -> Iterator[Hit]:
    for name, declared in (file.inputs or {}).items():
        allowed = declared.schema.get("enum")
        if not isinstance(allowed, list):
            continue
        given = _values(file, cases, name)
        missing = [repr(value) for value in allowed if value not in given and value is not None]
        if missing:
            named = ", ".join(missing[:_MOST_NAMED]) + (", …" if missing[_MOST_NAMED:] else "")
            yield Hit(
                at=declared.location,
                message=f"no case gives {name!r} as {named}",
                fix="add a case of each value",
            )


def _values(file: PromptFile, cases: Sequence[Case], name: str) -> list[Json]:
    """What the cases give a variable; the file's default where one gives nothing."""
    default = file.defaults.get(name)
    found: list[Json] = []
    for case in cases:
        if name == "input" and case.input is not None:
            found.append(case.input)
        elif case.turns:
            found += [turn.vars.get(name, case.vars.get(name, default)) for turn in case.turns]
        else:
            found.append(case.vars.get(name, default))
    return found
