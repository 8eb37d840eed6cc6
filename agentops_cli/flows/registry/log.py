"""`agentops prompt log`: the versions that a prompt had."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice

from agentops_cli.diff.registered import Authored, Logged, Verdict, VersionLog, version_of
from agentops_cli.diff.values import Pair
from agentops_cli.diff.versioning import versioning
from agentops_cli.flows.refs import DEEPEN
from agentops_cli.flows.registry.history import State
from agentops_cli.flows.registry.resolve import Registry
from agentops_cli.flows.registry.wanted import Wanted
from agentops_cli.gitlog import Revision, Tag
from agentops_cli.prompt.changes import required_bump
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import PromptFile


def log(
    registry: Registry,
    wanted: Wanted,
    *,
    most: int | None = None,
    verdicts: Mapping[str, Verdict] | None = None,
) -> VersionLog:
    """The versions of a prompt, the latest first, at most so many; commits of one version are one.

    Where the working tree has something else than what is committed, that is the first. Raises as
    `Registry.resolve` does.
    """
    latest = registry.latest(wanted.name, wanted.ref)
    file = latest.file
    is_now = wanted.ref is None and registry.here.tree.stored(file.path) is not None
    head = registry.committed.tree.file(latest.path) if is_now else file
    stages = _stages(file if is_now else None, _from(head, registry.states(latest)))
    grouped = (tuple(group) for _, group in groupby(stages, key=lambda stage: stage.version))
    groups = [*islice(grouped, None if most is None else most + 1)]
    is_cut = most is not None and len(groups) > most
    is_shallow = not is_cut and registry.repository.is_shallow()
    tags = registry.tags_of(file.name)
    around = _Around(
        registry=registry,
        tags=tags,
        prefix=registry.repository.prefix() if tags else "",
        verdicts=verdicts or {},
        is_whole=not is_shallow,
    )
    shown = groups[:-1] if is_cut else groups
    earlier = [*groups[1:], None]
    versions = tuple(around.logged(*each) for each in zip(shown, earlier, strict=False))
    notes = [*_notes(versions, tags)]
    if is_shallow:
        notes.append(f"the clone is shallow, so earlier versions are missing; {DEEPEN}")
    return VersionLog(name=file.name, versions=versions, notes=notes)


def _notes(versions: Sequence[Logged], tags: Mapping[str, Tag]) -> Iterator[str]:
    """Versions that do not say which text is meant: given twice, or tagged elsewhere."""
    times = Counter(one.version for one in versions if one.version is not None)
    tagged = {one.version for one in versions if one.tag is not None}
    for version, count in times.items():
        if count > 1:
            yield f"the version {version} was given {count} times, each after another"
        if version in tags and version not in tagged:
            yield f"the tag {tags[version].name} is of another text than any that is listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """A state of the prompt; `revision` is None for what is not committed."""

    file: PromptFile
    content: bytes
    revision: Revision | None

    @property
    def version(self) -> str | None:
        return version_of(self.file)


def _from(head: PromptFile, states: Iterator[State]) -> Iterator[State]:
    """The states from the one that is checked out on.

    A merge that takes nothing of a branch has that branch's states before it: they led nowhere.
    """
    passed: list[State] = []
    for state in states:
        if _is_as(head, state):
            return chain([state], states)
        passed.append(state)
    return iter(passed)


def _stages(file: PromptFile | None, states: Iterable[State]) -> Iterator[_Stage]:
    is_first = True
    for state in states:
        if is_first and file is not None and not _is_as(file, state):
            content = file.stored.characters.encode(errors="surrogateescape")
            yield _Stage(file=file, content=content, revision=None)
        is_first = False
        yield _Stage(file=state.file, content=state.content, revision=state.revision)
    if is_first and file is not None:
        content = file.stored.characters.encode(errors="surrogateescape")
        yield _Stage(file=file, content=content, revision=None)


def _is_as(file: PromptFile, state: State) -> bool:
    """Whether the working tree has what is committed; line ends may be those of the system."""
    return file.path == state.revision.path and file.text == state.file.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known beside the states."""

    registry: Registry
    tags: Mapping[str, Tag]
    prefix: str
    verdicts: Mapping[str, Verdict]
    is_whole: bool

    def logged(self, group: Sequence[_Stage], earlier: Sequence[_Stage] | None) -> Logged:
        """The states of one version as one line; `earlier` has those of the version before."""
        latest = group[0]
        before = self._before(group[-1], earlier)
        pair = Pair(before=before, after=latest.file)
        found = self.registry.changes(before, latest.file) if before else ()
        return Logged(
            version=latest.version,
            name=latest.file.name,
            path=latest.file.path,
            by=authored(latest.revision) if latest.revision else None,
            versioning=versioning(pair, found) if before or self.is_whole else None,
            commits=sum(stage.revision is not None for stage in group),
            was_kept=self._was_kept(group),
            tag=self._tag(group),
            verdict=self.verdicts.get(hashlib.sha256(latest.content).hexdigest()),
        )

    def _tag(self, group: Sequence[_Stage]) -> str | None:
        """The tag of the version, if it is of one of these states."""
        tag = self.tags.get(group[0].version or "")
        if tag is None:
            return None
        # Git reads the names of objects by lines; a path with one in it has no tag here.
        paths = {stage.file.path for stage in group if "\n" not in stage.file.path}
        names = [f"{tag.commit}:{self.prefix}{path}" for path in sorted(paths)]
        tagged = {*self.registry.repository.blobs(names)}
        return tag.name if any(stage.content in tagged for stage in group) else None

    def _before(self, oldest: _Stage, earlier: Sequence[_Stage] | None) -> PromptFile | None:
        """What the first state of a version was made from; of two branches the other is not it."""
        listed = earlier[0] if earlier else None
        revision = oldest.revision
        blob = revision.before if revision else None
        if (
            revision is None
            or blob is None
            or (listed and listed.revision and listed.revision.blob == blob)
        ):
            return listed.file if listed else None
        content = self.registry.repository.content(blob)
        return read_bytes(content, path=revision.path, is_declared=True)

    def _was_kept(self, group: Sequence[_Stage]) -> bool:
        """Whether the prompt changed under one version as none may: drafts may as they like."""
        first, last = group[-1].file, group[0].file
        statuses = [first.meta.get("status"), last.meta.get("status")]
        if last.text == first.text or "draft" in statuses:
            return False
        found = self.registry.changes(first, last)
        return required_bump(found, group[0].version) is not None


def authored(revision: Revision) -> Authored:
    """Whose commit it is."""
    return Authored(
        commit=revision.commit,
        author=revision.author,
        email=revision.email,
        date=revision.date,
    )
