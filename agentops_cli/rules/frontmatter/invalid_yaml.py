"""The frontmatter is not valid YAML, so each tool reads something else from it, or nothing.

A value that begins with `*`, `@` or a backquote, or that holds a colon and a space, needs quotes.
Some loaders guess, some drop the whole block, some refuse the file. The rest of the frontmatter is
read key by key, so that other rules still see it. The fix puts the value in quotes.

A warning where the owner of the format is known to guess: Cursor's rules, and agents, commands and
prompts of editors.

Quiet: about what the owner of a format writes so himself, except under the profile `strict`: the
`globs` of Cursor's rules (230 of the 257 rules in one public collection are no valid YAML for that
reason), and `argument-hint: [file] [line]` of commands and skills.

Source: measured on PatrickJS/awesome-cursorrules, verified 2026-11-23.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from agentops_cli.model.finding import Finding, Severity
from agentops_cli.prompt.loose import read_loosely
from agentops_cli.prompt.source import Kind, PromptFile, Span
from agentops_cli.rules.problems import named, place_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.scalars import quoted, replaced

_NAMES: Final = ("bad-yaml", "bad-key", "bad-tag", "too-deep", "too-many-values")
_TOLERATED: Final[frozenset[Kind]] = frozenset(
    {
        "cursor-rule",
        "claude-agent",
        "claude-command",
        "copilot-agent",
        "copilot-instructions",
        "copilot-prompt",
    }
)
_OWN: Final[Mapping[Kind, str]] = {
    "cursor-rule": "globs",
    "claude-command": "argument-hint",
    "copilot-prompt": "argument-hint",
    "skill": "argument-hint",
}
_ENTRY: Final = re.compile(r"[ \t]*(?:- +)?[\w.-]+:[ \t]+(?P<value>\S.*?)[ \t]*(?:[ \t]#.*)?")


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Where the parser gave up, once for each key."""
    own = _OWN.get(file.kind) if project.settings.profile == "default" else None
    for problem in named(file, *_NAMES):
        if own and problem.message.startswith(f"the value of {own!r}"):
            continue
        yield Hit(
            at=place_of(problem, file),
            message=problem.message,
            fix=problem.fix or "mend it",
            edits=_edits(file, problem),
            severity=Severity.WARNING if file.kind in _TOLERATED else None,
        )


def _edits(file: PromptFile, problem: Finding) -> tuple[Edit, ...]:
    """Quotes around the value on the line, if with them there is one problem less."""
    if problem.rule != "bad-yaml" or problem.location is None or file.block is None:
        return ()
    line = file.line_at(file.offset(problem.location))
    found = _ENTRY.fullmatch(file.text, line.start, line.end)
    if found is None or found["value"][0] in "\"'|>&!#":
        return ()
    span = Span(start=found.start("value"), end=found.end("value"))
    value = quoted(found["value"])
    mended = file.text[file.block.start : span.start] + value + file.text[span.end : file.block.end]
    left = read_loosely(mended, path=file.path, first_line=1).findings
    return replaced(span, value) if _count(left) < _count(file.problems) else ()


def _count(findings: tuple[Finding, ...]) -> int:
    return sum(finding.rule in _NAMES for finding in findings)
