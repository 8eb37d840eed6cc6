"""Looks at the files of a project with the rules that were chosen.

Rules about one file run while it is read, those that need the other prompts once all have been
read, those about the project as a whole at the end. What is known of an unchanged file is taken
from the cache, and then the file is not even parsed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agentops_cli.flows.lint.globs import Glob
from agentops_cli.flows.lint.parts import Parts
from agentops_cli.flows.lint.tree import Look, Tree
from agentops_cli.lint.cache import Entry, digest
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.run import RuleCrashError, Runner, found_by
from agentops_cli.lint.suppress import Ignores, suppressed, unused
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.comments import comments_in
from agentops_cli.rules.project import Part, Project
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.table import BY_CODE, RULES

_ALWAYS: Final[frozenset[Part]] = frozenset(("models", "today"))
"""What the key of the cache holds already."""

_UNUSED: Final = "PX001"

_MARK: Final = 12
"""So many digits of a digest tell two choices of rules apart; each file has it a few times."""

_MOST_KEPT: Final = 1_000
"""So many parsed files are kept for the rules that run late; others are parsed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Rules that run at the same time, and what their findings depend on beside the file.

    `codes` is a digest of which they are: one that was chosen, and lacked a part, did not look.
    """

    name: str
    runner: Runner
    parts: frozenset[Part]
    codes: str


class Session:
    """The files to lint, at `paths`, and rules; may look more than once, while files are mended.

    The rules have all that they need in `project`.
    """

    def __init__(
        self,
        paths: Sequence[str],
        rules: Sequence[Rule],
        project: Project,
        parts: Parts,
        tree: Tree,
    ) -> None:
        self.paths: Final = frozenset(paths)
        self._paths = tuple(paths)
        self._codes = frozenset(rule.code for rule in rules)
        self._parts = parts
        self._tree = tree
        self._needs_tree = any("tree" in rule.needs for rule in rules)
        self._ignores = [
            (Glob.of(pattern).matches, Ignores(selectors=selectors, reason=_by_config(pattern)))
            for pattern, selectors in project.settings.per_file_ignores.items()
        ]
        near = Project(today=project.today, settings=project.settings, models=project.models)
        stages: dict[str, list[Rule]] = {"plain": [], "around": [], "late": []}
        for rule in rules:
            if rule.scope == "file":
                stages[_stage_of(rule)].append(rule)
        self._plain = _stage("plain", stages["plain"], near)
        self._around = _stage("around", stages["around"], project)
        self._late = _stage("late", stages["late"], project)
        self._whole = Runner((rule for rule in rules if rule.scope == "tree"), project)
        self._of_project: dict[str, list[LintFinding]] = {}
        self._commented: set[str] = set()
        self._kept: dict[str, Look] = {}

    @property
    def crashes(self) -> tuple[RuleCrashError, ...]:
        """The bugs that rules have."""
        runners = (*(stage.runner for stage in self._stages), self._whole)
        return tuple(crash for runner in runners for crash in runner.crashes)

    def findings(self) -> dict[str, list[LintFinding]]:
        """All findings by path, those that are left alone with the reason."""
        self._commented.clear()
        found = {path: self._early(self._tree.look(path)) for path in self._paths}
        if self._needs_tree:
            self._tree.cards()
        if self._late.runner.rules:
            for path in filter(self._is_late, found):
                look = self._look(path)
                found[path] += self._of_stage(self._late, look, self._tree.entry(look))
        self._of_project = _by_path(self._whole.tree(self._file_of))
        for path, more in self._of_project.items():
            found.setdefault(path, []).extend(more)
        return {
            path: [*self._elsewhere(path, self._settled(path, mine))]
            for path, mine in found.items()
        }

    def of_file(self, file: PromptFile) -> list[LintFinding]:
        """The findings of a file as it would be.

        Those of the project are as they were before, and offer no fix for what may have moved.
        """
        found = [each for stage in self._stages for each in stage.runner.file(file)]
        others = (replace(each, edits=()) for each in self._of_project.get(file.path, ()))
        return self._left_alone(file, [*found, *others])

    @property
    def _stages(self) -> tuple[Stage, ...]:
        return self._plain, self._around, self._late

    def _early(self, look: Look) -> list[LintFinding]:
        entry = self._tree.entry(look)
        if self._needs_tree:
            self._tree.add(look)  # Before the stages: what they depend on may be told by its card.
        found = self._of_stage(self._plain, look, entry) + self._of_stage(self._around, look, entry)
        if entry.is_commented if entry else comments_in(look.file):
            self._commented.add(look.path)
        if look.is_parsed and len(self._kept) < _MOST_KEPT and self._is_late(look.path):
            self._kept[look.path] = look
        return found

    def _is_late(self, path: str) -> bool:
        """Whether a rule that runs late looks at the file at all."""
        rules = self._late.runner.rules
        status = self._tree.known[path].status if rules else ""
        return any(rule.statuses is None or status in rule.statuses for rule in rules)

    def _look(self, path: str) -> Look:
        return self._kept.pop(path, None) or self._tree.look(path)

    def _of_stage(self, stage: Stage, look: Look, entry: Entry | None) -> list[LintFinding]:
        if not stage.runner.rules:
            return []
        cache = self._tree.cache
        stamp = self._stamp(stage, look.path) if entry else None
        if entry is None or cache is None or stamp is None:
            return stage.runner.file(look.file)
        kept = cache.found(look.path, entry, stage.name, stamp)
        if kept is not None:
            return kept
        crashes = len(stage.runner.crashes)
        found = stage.runner.file(look.file)
        if len(stage.runner.crashes) == crashes:
            self._tree.keep(look, entry, stage.name, stamp, found)
        return found

    def _stamp(self, stage: Stage, path: str) -> str | None:
        around = self._parts.stamp(stage.parts - {"tree"}, path)
        if around is None:
            return None
        found = f"{stage.codes}\0{around}"
        return f"{found}\0{self._tree.stamp()}" if "tree" in stage.parts else found

    def _file_of(self, path: str) -> PromptFile | None:
        return self._look(path).file if path in self._tree.cards() else None

    def _settled(self, path: str, found: list[LintFinding]) -> list[LintFinding]:
        """The findings of a path, and what is to say of the comments about them."""
        if path in self._commented:
            return self._left_alone(self._look(path).file, found)
        return suppressed(found, (), self._ignored(path)) if found else found

    def _left_alone(self, file: PromptFile, found: list[LintFinding]) -> list[LintFinding]:
        comments, ignores = comments_in(file), self._ignored(file.path)
        if comments and _UNUSED in self._codes:
            rule = BY_CODE[_UNUSED]
            idle = tuple(unused(found, comments, rules=RULES, ran=self._codes))
            found = [*found, *found_by(rule, rule.module().check(file, idle), file)]
        return suppressed(found, comments, ignores) if comments or ignores else found

    def _elsewhere(self, path: str, found: Iterable[LintFinding]) -> Iterator[LintFinding]:
        """The findings of a file, those that stand in another one as is said of that one too."""
        for each in found:
            if self._ignores and each.place.path != path and each.suppressed is None:
                yield from suppressed([each], (), self._ignored(each.place.path))
            else:
                yield each

    def _ignored(self, path: str) -> Sequence[Ignores]:
        return [ignores for matches, ignores in self._ignores if matches.fullmatch(path)]


def _stage_of(rule: Rule) -> str:
    if "tree" in rule.needs:
        return "late"
    return "plain" if rule.needs | rule.wants <= _ALWAYS else "around"


def _stage(name: str, rules: Sequence[Rule], project: Project) -> Stage:
    needs = frozenset(part for rule in rules for part in rule.needs | rule.wants) - _ALWAYS
    codes = digest(" ".join(rule.code for rule in rules).encode())[:_MARK]
    return Stage(name=name, runner=Runner(rules, project), parts=needs, codes=codes)


def _by_path(found: Iterable[LintFinding]) -> dict[str, list[LintFinding]]:
    paths: dict[str, list[LintFinding]] = {}
    for each in found:
        paths.setdefault(each.place.path, []).append(each)
    return paths


def _by_config(pattern: str) -> str:
    return f"perFileIgnores of {pattern!r}"
