"""The template reaches for Python's insides, or loads a template that a variable names.

`__class__` and its like, and the filter `attr`, are how templates of strangers break out of their
sandbox; `safe` says that a text needs no escaping, and here nothing is escaped. A variable that
names what is included lets whoever fills it choose what the model reads. `agentops eval` refuses or
never gives all of these. Other runtimes have the two filters, so of their files that is a warning.

Source: https://jinja.palletsprojects.com/en/stable/sandbox/, recalled.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

FILTERS: Final = {
    "attr": "it reads Python's attributes",
    "safe": "nothing is escaped here, so it would change nothing",
}
"""Filters that this rule tells, and why they are not there."""

_INSTEAD: Final = {"attr": "write value.name", "safe": "leave it out"}


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Attributes of Python, two filters, and includes that a variable decides."""
    view = file.template
    for piece in view.pieces:
        if piece.kind == "attribute" and piece.name.startswith("__"):
            yield Hit(
                at=piece.span,
                message=f"{piece.name!r} reads Python's insides, which no prompt has",
                fix="pass the value that you need as a variable",
            )
        elif piece.kind == "filter" and piece.name in FILTERS:
            yield Hit(
                at=piece.span,
                message=f"the filter {piece.name!r} is not available: {FILTERS[piece.name]}",
                fix=_INSTEAD[piece.name],
                severity=None if file.kind in ("native", "plain") else Severity.WARNING,
            )
    for problem in view.problems:
        if problem.rule == "unsafe" and problem.location:
            yield Hit(at=problem.location, message=problem.message, fix=problem.fix or "name it")
