"""`agentops prompt tag`: annotated tags of versions, `prompt/<name>@<version>`."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from agentops_cli.diff.registered import version_fix, version_of
from agentops_cli.errors import EmptyError, InputError
from agentops_cli.flows.diff.reading import unread
from agentops_cli.flows.registry.names import Names
from agentops_cli.flows.registry.resolve import TAGS, Registry
from agentops_cli.gitlog import is_ref
from agentops_cli.model.finding import Finding
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile
from agentops_cli.reporters.wording import flat


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTag:
    """A tag that is to be made, of the commit that is checked out."""

    name: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """The tags to make, and those that are there already and mean the same."""

    new: Sequence[NewTag]
    there: Sequence[str]


def tagging(registry: Registry, names: Sequence[str]) -> Tagging:
    """Says which tags are to be made; without names, those of every prompt that has a version.

    Raises `InputError` with all that speaks against it: a prompt that is not committed as it is or
    has no semantic version, and a version whose tag leads to another text.
    """
    registry.demand_git()
    wanted = [registry.here.named(name) for name in names] or _versioned(registry.here)
    files = {file.path: file for file in wanted}.values()
    problems: list[Finding] = [*_twice(files)]
    new: list[NewTag] = []
    there: list[str] = []
    for file in files:
        version = version_of(file)
        wrong = unread(file)
        if wrong is not None:
            problems.append(wrong)
        elif version is None or parse_version(version) is None:
            problems.append(_unversioned(file, version))
        elif registry.committed.tree.file(file.path).text != file.text:
            problems.append(_dirty(file))
        elif version in (known := registry.tags_of(file.name)):
            tag = known[version]
            there.append(tag.name)
            tagged = registry.at(tag.commit).find(file.name, likely=file.path)
            if tagged is None or tagged.text != file.text:
                problems.append(_taken(file, version, tag.name))
        else:
            name = f"{TAGS}{file.name}@{version}"
            if not is_ref(name):
                problems.append(_unnameable(file))
            new.append(NewTag(name=name, message=_message(file, version)))
    if problems:
        raise InputError(problems)
    return Tagging(new=new, there=there)


def make_tags(registry: Registry, tags: Sequence[NewTag]) -> Iterator[NewTag]:
    """Makes the tags one by one, and gives each that is made.

    Raises `StoreError` with the words of git for one that it refuses.
    """
    assert registry.head is not None  # noqa: S101 # As `tagging` has demanded.
    for tag in tags:
        registry.log.make_tag(tag.name, registry.head, tag.message)
        yield tag


def _versioned(names: Names) -> list[PromptFile]:
    """Those with a version, and those that cannot be read, of which nobody knows."""
    found = [
        file
        for file in names.all
        if parse_version(version_of(file)) is not None or (file.problems and not file.text)
    ]
    if not found:
        raise EmptyError("no prompt has a version that could be tagged")
    return found


def _twice(files: Collection[PromptFile]) -> Iterator[Finding]:
    """Prompts of one name, whose tags would be those of one prompt."""
    of: dict[str, str] = {}
    for file in files:
        first = of.setdefault(file.name, file.path)
        if first != file.path:
            yield Finding(
                rule="duplicate-name",
                message=f"the prompt {file.name!r} is in {first} too",
                location=file.location(0),
                fix="give each prompt a name of its own",
            )


def _unnameable(file: PromptFile) -> Finding:
    return Finding(
        rule="no-tag-name",
        message=f"git takes no tag of the name {file.name!r}",
        location=file.location(file.value_at("name")),
        fix="give it a name of letters, digits and hyphens",
    )


def _message(file: PromptFile, version: str) -> str:
    """What the tag says: the entry of the changelog, and which file it is about."""
    digest = hashlib.sha256(file.stored.characters.encode(errors="surrogateescape")).hexdigest()
    said = _entry(file, version)
    about = f"Prompt-Path: {flat(file.path)}\nPrompt-Sha256: {digest}\n"
    return f"{flat(file.name)} {version}\n\n" + (f"{flat(said)}\n\n" if said else "") + about


def _entry(file: PromptFile, version: str) -> str | None:
    entries = file.meta.get("changelog")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("version") == version:
            said = entry.get("changes")
            return said if isinstance(said, str) else None
    return None


def _unversioned(file: PromptFile, version: str | None) -> Finding:
    what = "no version" if version is None else f"the version {version!r}, which is not semantic"
    return Finding(
        rule="no-version",
        message=f"the prompt {file.name!r} has {what}",
        location=file.location(file.value_at("version")),
        fix=version_fix(file),
    )


def _dirty(file: PromptFile) -> Finding:
    return Finding(
        rule="not-committed",
        message=f"the prompt {file.name!r} is not committed as it is",
        location=file.location(0),
        fix="commit it first: a tag is of a commit",
    )


def _taken(file: PromptFile, version: str, tag: str) -> Finding:
    return Finding(
        rule="version-taken",
        message=f"the tag {tag} is of another text with the version {version}",
        location=file.location(file.value_at("version")),
        fix=f"raise the version: agentops prompt bump {file.name} --against '{tag}'",
    )
