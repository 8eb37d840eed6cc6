"""A key is missing without which nobody can tell what runs, who answers for it, or who must look.

`version` and `model` are required always; `temperature` and `author` from tier `mvp`,
`requires_review` from tier `production`; below that their absence is a warning. The configuration
may ask for more: `lint: {required: [description]}`. Errors are shown where the frontmatter begins,
warnings where it ends. The fix adds what can be known: a first version, and that a review is
required.

Quiet: about `temperature` where the model is known to take none. A temperature of `config` counts.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.tiers import tier_of

_ALWAYS: Final = ("version", "model")
_LATER: Final = ("temperature", "author", "requires_review")
_FROM: Final = {"temperature": "mvp", "author": "mvp", "requires_review": "production"}
_TIERS: Final = ("toy", "mvp", "production")
_KNOWN: Final = {"version": "version: 1.0.0\n", "requires_review": "requires_review: true\n"}


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Keys at the top, by how bad their absence is; then those that are missing further in."""
    meta = file.meta
    if file.block is None or file.document is None:
        return
    missing = [key for key in (*_ALWAYS, *_LATER, *project.settings.required) if key not in meta]
    if missing:
        yield from _told(file, file.block, project, list(dict.fromkeys(missing)))
    if file.problems:
        yield from _further_in(file)


def _told(file: PromptFile, block: Span, project: Project, missing: list[str]) -> Iterator[Hit]:
    if "temperature" in missing and _takes_none(file, project):
        missing.remove("temperature")
    tier = _TIERS.index(tier_of(file, project))
    asked = {*_ALWAYS, *project.settings.required}
    errors = [key for key in missing if key in asked or _TIERS.index(_FROM[key]) <= tier]
    warnings = [key for key in missing if key not in errors]
    if errors:
        yield _hit(file, file.line_at(block.start), errors, Severity.ERROR)
    if warnings:
        yield _hit(file, file.line_at(block.end), warnings, Severity.WARNING)


def _hit(file: PromptFile, at: Span, keys: Sequence[str], severity: Severity) -> Hit:
    names = ", ".join(map(repr, keys))
    known = "".join(_KNOWN.get(key, "") for key in keys)
    end = file.block.end if file.block else at.end
    if file.text[end - 1 : end] != "\n":
        known = ""
    return Hit(
        at=at,
        message=f"missing key{'s' if len(keys) > 1 else ''} {names}",
        fix=f"add {names} to the frontmatter",
        edits=(Edit(start=end, end=end, text=known),) if known else (),
        severity=severity,
    )


def _further_in(file: PromptFile) -> Iterator[Hit]:
    top = file.document.at() if file.document else None
    for hit in of_reader(file, "missing-key"):
        if hit.at != top:
            yield hit


def _takes_none(file: PromptFile, project: Project) -> bool:
    model = file.meta.get("model")
    first = model[0] if isinstance(model, list) and model else model
    if project.models is None or not isinstance(first, str):
        return False
    facts = project.models.find(first)
    return facts is not None and facts.takes_sampling is False
