"""The template uses a variable that the prompt does not declare: a slip of the pen, or a new one.

Whoever renders the prompt cannot know of it, and gets an error, or a hole in the text. In the
native format `agentops eval` refuses such a prompt, so it is an error there, and a warning in
others. The fix writes the declared name that was surely meant.

Where a native prompt declares nothing at all, one finding of severity info names what it reads.

Quiet: about names that the template sets itself; about `input` below a `user:` line; where the
template cannot be read; about placeholders, which PT006 tells.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.prompt.uses import TemplateView, Use
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.templates.unfilled_placeholder import PLACEHOLDERS
from agentops_cli.template.suggest import did_you_mean

_SURELY: Final = 0.8
"""From this similarity on one name is taken for a slip of the other."""

_MOST_NAMED: Final = 5


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The first use of each variable that is not declared."""
    if file.engine == "none" or (file.inputs is None and file.kind != "native"):
        return
    view = file.template
    inputs = file.inputs
    if inputs is None:
        yield from _none_declared(file, view)
        return
    unknown = [use for use in view.uses if use.name not in inputs]
    if not unknown:
        return
    implied = _implied(file)
    unused = [name for name in inputs if name not in view.names]
    seen: set[str] = set()
    for use in unknown:
        if use.name not in seen and use.name not in implied and use.name not in PLACEHOLDERS:
            seen.add(use.name)
            yield _hit(file, use, unused)


def _none_declared(file: PromptFile, view: TemplateView) -> Iterator[Hit]:
    names = view.names - _implied(file) - PLACEHOLDERS if view.uses else ()
    uses = [use for use in view.uses if use.name in names]
    if not uses or "input" in file.meta:
        return
    listed = list(dict.fromkeys(repr(use.name) for use in uses))
    more = ", …" if len(listed) > _MOST_NAMED else ""
    yield Hit(
        at=uses[0].span,
        message=f"no input.schema says what {', '.join(listed[:_MOST_NAMED])}{more}"
        f" {'is' if len(listed) == 1 else 'are'}",
        fix=f"declare what the prompt takes: input: {{schema: {{{uses[0].name}: string}}}}",
        severity=Severity.INFO,
    )


def _implied(file: PromptFile) -> frozenset[str]:
    """Variables that the format gives without their being declared."""
    if file.kind == "native":
        has_user = any(passage.role == "user" for passage in file.passages)
        return frozenset({"input"}) if has_user else frozenset()
    return frozenset({"input"}) if file.kind == "semantic-kernel" else frozenset()


def _hit(file: PromptFile, use: Use, unused: list[str]) -> Hit:
    near = get_close_matches(use.name, unused, n=1, cutoff=_SURELY) if len(unused) < 500 else []
    fix = did_you_mean(use.name, unused) or "declare it in the schema of the input"
    if re.search(rf"\{{%-?\s*set\s+{re.escape(use.name)}\b", file.text):
        fix = "set it before the condition too: what is set in a branch is not there behind it"
    elif use.name == "input" and file.kind == "native":
        fix = "put a line 'user:' before it: only then 'input' is a variable"
    return Hit(
        at=use.span,
        message=f"the template uses {use.name!r}, which is not declared",
        fix=fix,
        edits=tuple(_renamed(file, use.name, near[0])) if near else (),
        severity=None if file.kind == "native" else Severity.WARNING,
    )


def _renamed(file: PromptFile, name: str, other: str) -> Iterator[Edit]:
    """The edits that write another name wherever this one is used."""
    for use in file.template.uses:
        if use.name == name and _is_written(file, use.span, name):
            yield Edit(start=use.span.start, end=use.span.end, text=other)


def _is_written(file: PromptFile, span: Span, name: str) -> bool:
    return file.text[span.start : span.end] == name
