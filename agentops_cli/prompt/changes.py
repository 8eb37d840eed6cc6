"""What changed between two versions of a prompt, and which version that asks for.

Pure: from two files as they were read to a list of typed changes. Nothing is rendered and no model
is asked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import semver

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.change_kinds import Bump, Change, Level
from agentops_cli.prompt.guardrail_changes import guardrail_changes
from agentops_cli.prompt.input_changes import input_changes
from agentops_cli.prompt.interface_changes import TOOLS, output_changes, tool_changes
from agentops_cli.prompt.message_changes import message_changes, trust_changes
from agentops_cli.prompt.meta import SAMPLING_NAMES
from agentops_cli.prompt.model_names import family, provider, spelled
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import Kind, PromptFile
from agentops_cli.prompt.telling import at_key, became, change, mapping, present
from agentops_cli.validate import without

_MEANINGFUL: Final = frozenset(SAMPLING_NAMES) | {
    *("version", "model", "config", "input", "output", "requires_review", "name"),
    *("guardrails", "authors", *TOOLS),
}
"""Keys of which more is said than that they are others."""

TOLD_BELOW: Final[Mapping[Kind, frozenset[str]]] = {
    "github-models": frozenset({"messages", "responseFormat", "jsonSchema"}),
    "prompty": frozenset({"inputs", "outputs"}),
    "semantic-kernel": frozenset({"template", "input_variables"}),
    "llm-template": frozenset({"system", "prompt"}),
}
"""The same of some formats: what is there is told of the messages, the variables, the answer."""

_OTHERWISE: Final[Mapping[str, str]] = {
    "modelParameters": "sampling",
    "execution_settings": "sampling",
    "options": "sampling",
    "defaults": "input-default",
}
"""Keys of some formats that are more than words about the prompt, each with its class."""

_BUMPS: Final[Mapping[Level, Bump]] = {
    "breaking": Bump.MAJOR,
    "risky": Bump.MINOR,
    "safe": Bump.PATCH,
}

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
    message = f"the prompt {after.name!r} is new"
    return change("file-added", message, was=None, now="file", after=after.location(0))


def file_deleted(before: PromptFile) -> Change:
    """The change that the end of a prompt is."""
    message = f"the prompt {before.name!r} is deleted"
    return change("file-deleted", message, was="file", now=None, before=before.location(0))


def regraded(found: Sequence[Change], levels: Mapping[str, Level]) -> tuple[Change, ...]:
    """The changes, of the levels that a project gives their classes; by the id of a class.

    Another level asks for the version that goes with it: what a project calls breaking, for a major
    one.
    """
    return tuple(
        replace(each, kind=replace(each.kind, level=level, bump=_BUMPS[level], behaves=True))
        if (level := levels.get(each.kind.id, each.kind.level)) != each.kind.level
        else each
        for each in found
    )


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
            was="name",
            now="name",
            before=before.location(before.key_at("name")),
            after=after.location(after.key_at("name")),
        )
    elif before.path != after.path:
        yield change(
            "file-moved",
            f"moved from {before.path}",
            was="file",
            now="file",
            before=before.location(0),
            after=after.location(0),
        )


def _models(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    old, new = _list(before.meta.get("model")), _list(after.meta.get("model"))
    if old == new:
        return
    if old and new and old[0] != new[0]:
        kind = "model-version"
        served, served_now = provider(old[0]), provider(new[0])
        message = f"the model {old[0]!r} is {new[0]!r} now"
        if served != served_now or family(old[0]) != family(new[0]):
            kind = "model-family"
            if spelled(old[0]) == spelled(new[0]):
                message += f", of another provider: {served_now}"
        elif spelled(old[0]) == spelled(new[0]):
            kind = "model-spelling"
        yield at_key(kind, message, before, after, "model")
    elif bool(old) != bool(new):
        word = f"the model {new[0]!r} is named now" if new else f"the model {old[0]!r} is gone"
        yield at_key("model-family", word, before, after, "model")
    if old[1:] != new[1:]:
        yield at_key(
            "model-fallbacks",
            "the models to fall back to are others",
            before,
            after,
            "model",
            of=present("model.fallbacks", old[1:] or None, new[1:] or None),
        )


def _sampling(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    for key in SAMPLING_NAMES:
        old, new = before.meta.get(key), after.meta.get(key)
        if old != new:
            kind = "meta" if _meant(old) == _meant(new) else "sampling"
            yield at_key(kind, became(key, old, new), before, after, key)
    known = {name for names in SAMPLING_NAMES.values() for name in names}
    given, given_now = (file.meta.get("config") for file in (before, after))
    if not all(each is None or isinstance(each, dict) for each in (given, given_now)):
        if given != given_now:
            yield at_key("sampling", became("config", given, given_now), before, after, "config")
        return
    old_rest, new_rest = (
        {key: value for key, value in mapping(each).items() if key not in known}
        for each in (given, given_now)
    )
    for key in dict.fromkeys((*old_rest, *new_rest)):
        old, new, path = old_rest.get(key), new_rest.get(key), f"config.{key}"
        if old != new:
            message, of = became(path, old, new), present(path, old, new)
            yield at_key("sampling", message, before, after, "config", of=of)


def _meant(value: Json) -> Json:
    """The number that a text says: in quotes it is refused, and so no answer came of it."""
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _meta(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    told = _MEANINGFUL | TOLD_BELOW.get(after.kind, frozenset())
    old, new = _unmoved(before), _unmoved(after)
    for key in dict.fromkeys((*before.meta, *after.meta)):
        if key not in told and old.get(key) != new.get(key):
            message = became(key, before.meta.get(key), after.meta.get(key))
            yield at_key(_OTHERWISE.get(key, "meta"), message, before, after, key)


def _unmoved(file: PromptFile) -> JsonObject:
    """What a file says, without what the native format has elsewhere, where it is told."""
    moved = (route for route in file.routes.values() if len(route) > 1)
    return mapping(without(dict(file.meta), *moved))


def _list(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
