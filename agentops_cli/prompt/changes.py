"""What changed between two versions of a prompt, and which version that asks for.

Pure: from two files as they were read to a list of typed changes. Nothing is rendered and no model
is asked.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import semver

from agentops_cli.model.json import Json
from agentops_cli.prompt.change_kinds import Bump, Change
from agentops_cli.prompt.guardrails import declared_sections
from agentops_cli.prompt.interface_changes import input_changes, output_changes, tool_changes
from agentops_cli.prompt.message_changes import guardrail_changes, message_changes, trust_changes
from agentops_cli.prompt.meta import SAMPLING_NAMES
from agentops_cli.prompt.model_names import family, spelled
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.telling import at_key, became, change, mapping

_MEANINGFUL: Final = frozenset(SAMPLING_NAMES) | {
    *("version", "model", "config", "input", "output", "tools", "requires_review", "name"),
    *("guardrails", "authors"),
}
"""Keys of which more is said than that they are others."""

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def changes(before: PromptFile, after: PromptFile) -> tuple[Change, ...]:
    """Every change from the earlier file to the later one, the gravest first."""
    found = [
        *_names(before, after),
        *_models(before, after),
        *_sampling(before, after),
        *input_changes(before, after),
        *output_changes(before, after),
        *tool_changes(before, after),
        *message_changes(before, after),
        *guardrail_changes(before, after),
        *trust_changes(before, after),
        *_meta(before, after),
    ]
    return tuple(sorted(found, key=lambda change: -change.kind.bump))


def file_added(after: PromptFile) -> Change:
    """The change that a new prompt is."""
    return change("file-added", f"the prompt {after.name!r} is new", after=after.location(0))


def file_deleted(before: PromptFile) -> Change:
    """The change that the end of a prompt is."""
    message = f"the prompt {before.name!r} is deleted"
    return change("file-deleted", message, before=before.location(0))


def required_bump(found: Sequence[Change], version: str | None) -> Bump | None:
    """How far the version has to go up; None where nothing that counts has changed.

    Before 1.0.0 a breaking change asks for a minor one, as semantic versioning has it.
    """
    bumps = [change.kind.bump for change in found if change.kind.behaves]
    if not bumps:
        return None
    most = max(bumps)
    parsed = parse_version(version)
    return Bump.MINOR if most is Bump.MAJOR and parsed and parsed.major == 0 else most


def parse_version(version: Json) -> semver.Version | None:
    """A semantic version; None for any other text."""
    if not isinstance(version, str):
        return None
    try:
        return semver.Version.parse(version)
    except ValueError:
        return None


def bumped(version: semver.Version, bump: Bump) -> semver.Version:
    """The next version after one, without marks of a release to come."""
    if bump is Bump.MAJOR:
        return version.bump_major()
    return version.bump_minor() if bump is Bump.MINOR else version.bump_patch()


def bump_between(old: semver.Version, new: semver.Version) -> Bump | None:
    """Which part went up between two versions; None where none did."""
    if new <= old:
        return None
    if new.major != old.major:
        return Bump.MAJOR
    return Bump.MINOR if new.minor != old.minor else Bump.PATCH


def _names(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    if before.name != after.name:
        yield change(
            "name",
            f"the name {before.name!r} is {after.name!r} now",
            before=before.location(before.key_at("name")),
            after=after.location(after.key_at("name")),
        )
    elif before.path != after.path:
        message = f"moved from {before.path}"
        yield change("file-moved", message, before=before.location(0), after=after.location(0))


def _models(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    old, new = _list(before.meta.get("model")), _list(after.meta.get("model"))
    if old == new:
        return
    if old and new and old[0] != new[0]:
        kind = "model-version"
        if spelled(old[0]) == spelled(new[0]):
            kind = "model-spelling"
        elif family(old[0]) != family(new[0]):
            kind = "model-family"
        yield at_key(kind, f"the model {old[0]!r} is {new[0]!r} now", before, after, "model")
    elif bool(old) != bool(new):
        word = f"the model {new[0]!r} is named now" if new else f"the model {old[0]!r} is gone"
        yield at_key("model-family", word, before, after, "model")
    if old[1:] != new[1:]:
        yield at_key("model-fallbacks", "the models to fall back to", before, after, "model")


def _sampling(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    for key in SAMPLING_NAMES:
        old, new = before.meta.get(key), after.meta.get(key)
        if old != new:
            kind = "meta" if _meant(old) == _meant(new) else "sampling"
            yield at_key(kind, became(key, old, new), before, after, key)
    known = {name for names in SAMPLING_NAMES.values() for name in names}
    old_rest, new_rest = (
        {key: value for key, value in mapping(file.meta.get("config")).items() if key not in known}
        for file in (before, after)
    )
    for key in dict.fromkeys((*old_rest, *new_rest)):
        if old_rest.get(key) != new_rest.get(key):
            message = became(f"config.{key}", old_rest.get(key), new_rest.get(key))
            yield at_key("sampling", message, before, after, "config")


def _meant(value: Json) -> Json:
    """The number that a text says: in quotes it is refused, and so no answer came of it."""
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _meta(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    for key in dict.fromkeys((*before.meta, *after.meta)):
        old, new = before.meta.get(key), after.meta.get(key)
        if old != new and key not in _MEANINGFUL:
            yield at_key("meta", became(key, old, new), before, after, key)
    if before.meta.get("guardrails") != after.meta.get("guardrails"):
        left = {name.casefold() for name in declared_sections(after)}
        # One that is no longer declared is told as something graver.
        if all(name.casefold() in left for name in declared_sections(before)):
            yield at_key("meta", "guardrails is another", before, after, "guardrails")


def _list(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
