"""Google's dotprompt: `*.prompt`, Handlebars below frontmatter.

Source: https://google.github.io/dotprompt/reference, and the reader of dotprompt 1.1.2 (npm),
verified 2026-11-24. `{{role "…"}}` opens a message; what stands before the first is the user's, and
what follows `{{history}}` is the model's.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Finding
from agentops_cli.model.prompt import Role
from agentops_cli.prompt.foreign.messages import ROLES
from agentops_cli.prompt.foreign.sheet import Sheet, mapping
from agentops_cli.prompt.interface import DeclaredInputs, read_inputs, read_output
from agentops_cli.prompt.passages import passages_between
from agentops_cli.prompt.source import Kind, PromptFile, Stored

MARK: Final = re.compile(
    r"""
    \\\{\{ | \{\{~?!-- (?:(?!--~?\}\}).)*+ | \{\{~?! [^}]*+
    | (?P<history> \{\{~?\s*history\s*~?\}\} )
    | \{\{\{?~?\s*role\s+ (?P<quote>["']) (?P<role>[^"'\n{}]*+) (?P=quote) \s*~?\}?\}\}
    """,
    re.DOTALL | re.VERBOSE,
)
"""What opens a message, and before it what only looks so."""


def read(stored: Stored, *, path: str, kind: Kind) -> PromptFile:
    """Reads a dotprompt file; never fails."""
    sheet = Sheet.of_markdown(stored, path, kind)
    meta, routes = sheet.named({})
    declared = _declared(sheet)
    body = sheet.parts.body_start if sheet.parts else 0
    if not sheet.text[body:].strip():
        fix = "write the prompt below the second '---'" if sheet.data else "write the prompt"
        sheet.add_at("empty-body", "the prompt has no text", max(body - 1, 0), fix)
    marks = list(_marks(sheet, body))
    return sheet.file(
        engine="handlebars",
        meta=meta,
        routes=routes,
        passages=passages_between(sheet.text, body, marks, first="user"),
        inputs=declared.inputs,
        defaults=declared.defaults,
    )


def _marks(sheet: Sheet, body: int) -> Iterator[tuple[Role | None, int, int]]:
    for found in MARK.finditer(sheet.text, body):
        if found["history"]:
            yield "assistant", found.start(), found.end()
        elif found["quote"]:
            role = ROLES.get(found["role"])
            if role is None:
                message = f"{found['role']!r} is not a role"
                sheet.add_at("bad-value", message, found.start(), "write system, user or model")
            yield role, found.start(), found.end()


def _declared(sheet: Sheet) -> DeclaredInputs:
    """The variables. A schema that is only a name is one that the program registers."""
    if sheet.document is None:
        return DeclaredInputs()
    output = mapping(sheet.data.get("output"))
    if isinstance(output.get("schema"), dict):
        read_output(sheet.document, output, lambda found: _report(sheet, found))
    section = dict(mapping(sheet.data.get("input")))
    if not isinstance(section.get("schema"), dict):
        section.pop("schema", None)
    return read_inputs(sheet.document, section, lambda found: _report(sheet, found))


def _report(sheet: Sheet, finding: Finding) -> None:
    """Notes what the native reader says of a schema, but for what dotprompt allows."""
    is_registered = finding.message.startswith("unknown type") and (finding.fix or "").startswith(
        "known types"
    )
    if finding.rule != "bad-name" and not is_registered:
        sheet.problems.append(finding)
