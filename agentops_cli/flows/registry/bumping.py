"""`agentops prompt bump`: the version that the changes of a prompt ask for, into its file."""

from dataclasses import dataclass, replace
from datetime import date

from agentops_cli.diff.registered import version_fix, version_of
from agentops_cli.diff.values import Pair
from agentops_cli.diff.versioning import versioning
from agentops_cli.errors import InputError, StoreError, UsageError
from agentops_cli.flows.diff.reading import conflict, unread
from agentops_cli.flows.lint.base import Base, find_base
from agentops_cli.flows.lint.cards import card_of
from agentops_cli.flows.lint.history import GitHistory
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.parts import Scene
from agentops_cli.flows.registry.resolve import Registry
from agentops_cli.lint.fix import apply
from agentops_cli.lint.outcome import Change as Written
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.settings import Config
from agentops_cli.prompt.change_kinds import Bump, Change
from agentops_cli.prompt.changes import bumped
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.rule import Edit
from agentops_cli.rules.scalars import quoted, replaced
from agentops_cli.rules.versioning.changelog_missing_entry import entry_of, versions_of
from agentops_cli.rules.versioning.written import version_span, written_version

_SHORT = 10

STUB = "to be described"
"""What a new entry of a changelog says until somebody writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user asks for; with no `level`, what the changes ask for.

    `against` is a ref of git, None for where the branch left the default one, or `base_branch`.
    `message` is what the changelog says, None for a stub.
    """

    level: Bump | None = None
    against: str | None = None
    base_branch: str | None = None
    message: str | None = None
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Bumping:
    """What becomes of a prompt: `written` is None where its version is high enough.

    `no_entry` says why the changelog gets no entry, None where it gets one or nothing is written.
    `first` is the gravest of the changes that ask for it, `base` what they are since; both are None
    where git was not asked.
    """

    file: PromptFile
    before: str
    after: str
    written: Written | None
    no_entry: str | None = None
    first: Change | None = None
    base: str | None = None


def bumping(registry: Registry, config: Config, name: str, asked: Asked) -> Bumping:
    """Says what has to be written; nothing is. Raises `InputError` for a version that cannot go up.

    Without a level git has to know an earlier state. A level is taken as said, unless the changes
    ask for more: that is a `UsageError`.
    """
    registry.demand_files()
    file = registry.here.named(name)
    demand_whole(registry, file)
    version = version_of(file)
    current = parse_version(version)
    span = version_span(file)
    if version is None or current is None or span is None:
        raise InputError([_unwritable(file, version)])
    before, base = _before(registry, config, file, asked)
    found = registry.changes(before, file) if before else ()
    state = versioning(Pair(before=before, after=file), found)
    then = parse_version(state.before) or current
    level = asked.level
    if level is not None and state.required is not None and level < state.required:
        raise UsageError(
            f"a {level.word} version is not enough: {found[0].message}",
            fix=f"the changes since {base} need a {state.required.word} version",
        )
    wanted = current
    if level is not None:
        wanted = max(current, bumped(then, level))
    elif state.needed is not None:
        wanted = parse_version(state.needed) or current
    if wanted != current:
        tagged = registry.tags_of(file.name) if registry.head else {}
        part = max(level or Bump.PATCH, state.required or Bump.PATCH)
        while str(wanted) in tagged:  # A version that is taken stays of the text that it is of.
            wanted = bumped(wanted, part)
    after = str(wanted)
    edits = replaced(span, written_version(file, after))
    entry: tuple[Edit, ...] = ()
    missing: str | None = None
    if wanted != current:
        text = STUB if asked.message is None else quoted(" ".join(asked.message.split()))
        missing = _why_no_entry(file, after)
        entry = () if missing else entry_of(file, after, asked.today, text)
        if not entry:
            missing = missing or "its latest entry is not the first, or not on lines of its own"
            if asked.message is not None:
                raise UsageError(
                    f"the changelog cannot take the message: {missing}",
                    fix="leave out --message, and write the entry yourself",
                )
    return Bumping(
        file=file,
        before=version,
        after=after if wanted != current else version,
        written=_written(file, (*edits, *entry), after) if wanted != current else None,
        no_entry=missing,
        first=next((each for each in found if each.kind.behaves), None),
        base=base,
    )


def _before(
    registry: Registry, config: Config, file: PromptFile, asked: Asked
) -> tuple[PromptFile | None, str | None]:
    """The prompt as it was, None where it is new or the same, and what that state is called."""
    options = LintOptions(
        today=asked.today, against=asked.against, base_branch=asked.base_branch, changed=True
    )
    scene = Scene(
        config=config,
        options=options,
        paths=(file.path,),
        cards=lambda: {each.path: card_of(each) for each in registry.here.all},
    )
    try:
        base = find_base(registry.repository, scene)
        _demand_branch(asked, base)
    except StoreError:
        if asked.level is None or asked.against is not None:
            raise
        return None, None
    published = _published(registry, file) if asked.against is None else None
    if published is not None and base.commit == base.head:
        return published
    before = GitHistory(registry.repository, base, scene).before(file)
    problem = unread(before) if before else None
    if problem is not None:
        raise InputError([replace(problem, message=f"at {base.name}: {problem.message}")])
    return before, base.name


def _published(registry: Registry, file: PromptFile) -> tuple[PromptFile, str] | None:
    """What is known as the version of the commit that is checked out, and where it is from.

    That is what its tag has, else the first of the commits in a row that have it; drafts are not
    known as anything. None where only the last commit has it.
    """
    states = registry.states(registry.latest(file.path))
    last = next(states, None)
    if last is None or last.version is None or _is_draft(last.file):
        return None
    tag = registry.tags_of(last.file.name).get(last.version)
    if tag is not None:
        tagged = registry.at(tag.commit).find(last.file.name, likely=last.file.path)
        if tagged is not None and version_of(tagged) == last.version:
            return tagged, tag.name
    first = last
    for state in states:
        if state.version != last.version or _is_draft(state.file) or unread(state.file):
            break
        first = state
    return None if first is last else (first.file, first.revision.commit[:_SHORT])


def _is_draft(file: PromptFile) -> bool:
    return file.meta.get("status") == "draft"


def _demand_branch(asked: Asked, base: Base) -> None:
    """Raises `StoreError` where another branch than the one that CI names would be the measure."""
    wanted = asked.base_branch
    if asked.against is None and wanted and base.name.removeprefix("origin/") != wanted:
        raise StoreError(
            f"git does not have the branch {wanted!r}, which the pull request goes to",
            fix=f"git fetch origin '{wanted}', or name another with --against",
        )


def _why_no_entry(file: PromptFile, version: str) -> str | None:
    """Why the changelog has no place for an entry; None where it may have one."""
    entries = file.meta.get("changelog")
    if entries is None:
        return "there is none"
    if not isinstance(entries, list):
        return "it is not a list in the prompt itself"
    if not entries:
        return "it has no entry yet that it could follow"
    return f"it has an entry for {version} already" if version in versions_of(entries) else None


def _written(file: PromptFile, edits: tuple[Edit, ...], version: str) -> Written:
    """The file with the edits; raises `InputError` where they would do more than they should."""
    after = apply(file.stored, edits)
    again = read_file(after, path=file.path, is_declared=True)
    new = {each.rule for each in again.problems} - {each.rule for each in file.problems}
    if new or version_of(again) != version or _rest(again) != _rest(file):
        raise InputError([_unwritable(file, version_of(file))])
    return Written(
        path=file.path,
        before=file.stored.characters.encode(errors="surrogateescape"),
        after=after.encode(errors="surrogateescape"),
    )


def _rest(file: PromptFile) -> JsonObject:
    """What a new version leaves alone; the values of an anchor may stand anywhere."""
    data = file.document.data if file.document else None
    found = data if isinstance(data, dict) else {}
    top = file.routes["version"][0]
    return {key: value for key, value in found.items() if key not in {top, "changelog"}}


def demand_whole(registry: Registry, file: PromptFile) -> None:
    """Raises `InputError` for a prompt that cannot be read whole, or is not merged yet."""
    problem = unread(file)
    if problem is None and registry.repository.is_unmerged(file.path):
        problem = conflict(file.path)
    if problem is not None:
        raise InputError([problem])


def _unwritable(file: PromptFile, version: str | None) -> Finding:
    at = file.location(file.value_at("version"))
    if version is None:
        problem, fix = "the prompt has no version that could go up", version_fix(file)
    elif parse_version(version) is None:
        problem, fix = f"{version!r} is no semantic version", "write one such as 1.2.0"
    else:
        problem = f"{version!r} cannot be changed where it stands"
        fix = "write it on one line, without an anchor"
    return Finding(rule="no-version", message=problem, location=at, fix=fix)
