"""A filter, a test or a function of the template does not exist where prompts are rendered.

A slip of the pen, such as `tojsonn`; or one that Jinja has and prompts do not, since it depends on
chance, reads Python's attributes, or belongs to web pages. The message says which. What `agentops
eval` would refuse is an error. In files that other programs render, which may know more filters,
only a slip of the pen is told, and it is a warning. The fix writes the name that was surely meant.

Quiet: about `attr` and `safe`, which PT008 tells; about what promptfoo's own template language has.

Source: https://mozilla.github.io/nunjucks/templating.html#builtin-filters, recalled.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.templates.unsafe_construct import FILTERS

_NUNJUCKS: Final = frozenset(
    ("dump", "forceescape", "nl2br", "random", "striptags", "urlencode", "urlize")
)
"""Filters that promptfoo's template language has beyond ours."""

_UNKNOWN: Final = re.compile(r"(?:unknown \w+ )?'([^']+)'")
_MEANT: Final = re.compile(r"did you mean '([^']+)'\?")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each name that a run would not know."""
    if not file.template.problems:
        return
    is_ours = file.kind == "native" or (
        file.kind == "plain" and not file.path.lower().endswith(".j2")
    )
    for problem in file.template.problems:
        name = _UNKNOWN.match(problem.message)
        if problem.rule != "unknown-filter" or not problem.location or not name:
            continue
        if name[1] in FILTERS or (file.kind == "promptfoo" and name[1] in _NUNJUCKS):
            continue
        meant = _MEANT.search(problem.fix or "")
        if not (is_ours or meant):
            continue
        at = file.offset(problem.location)
        is_written = file.text.startswith(name[1], at)
        edit = Edit(start=at, end=at + len(name[1]), text=meant[1]) if meant else None
        yield Hit(
            at=problem.location,
            message=problem.message,
            fix=problem.fix or "leave it out",
            edits=(edit,) if edit and is_written else (),
            severity=None if is_ours else Severity.WARNING,
        )
