"""Runs rules and makes findings of what they say."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from agentops_cli.errors import StoreError
from agentops_cli.lint.finding import LintFinding
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.prompt.source import Kind, PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import FileCheck, Hit, Rule
from agentops_cli.rules.words import WordIndex

FileOf: TypeAlias = Callable[[str], PromptFile | None]
"""Gives the prompt file at a path; None where there is none that was read."""


_Check: TypeAlias = tuple[Rule, FileCheck, frozenset[str]]
"""A rule with its words."""


class RuleCrashError(Exception):
    """A rule raised, which is our bug; the other rules ran all the same."""

    def __init__(self, rule: Rule, path: str, error: Exception) -> None:
        where = f" on {path}" if path else ""
        super().__init__(f"rule {rule.code}{where}: {type(error).__name__}: {error}")
        self.rule = rule
        self.path = path


class Runner:
    """Rules, ready to run over many files; each has all that it needs of the project.

    `crashes` are the bugs that were found on the way.
    """

    def __init__(self, rules: Iterable[Rule], project: Project) -> None:
        self.rules = tuple(rules)
        self.crashes: list[RuleCrashError] = []
        self._project = project
        self._words = WordIndex(word for rule in self.rules for word in rule.words)
        self._checks: dict[tuple[Kind, bool], Sequence[_Check]] = {}
        self._modules: dict[str, FileCheck | None] = {}

    def file(self, file: PromptFile) -> list[LintFinding]:
        """The findings of one file, one a rule and line, in the order of the rules."""
        found: list[LintFinding] = []
        words = self._words.in_file(file)
        for rule, check, needed in self._of(file.kind, has_problems=bool(file.problems)):
            if needed and words.isdisjoint(needed):
                continue
            try:
                hits = [*check(file, self._project)]
            except StoreError:
                raise  # Git did not tell, which is no bug: nobody can say that nothing is wrong.
            except Exception as error:  # noqa: BLE001 # A bug of one rule hides no other's finding.
                self._crashed(rule, file.path, error)
                continue
            if hits:
                found += (_found(rule, hit, file) for hit in _first_of_each_line(hits, file))
        return found

    def tree(self, file_of: FileOf) -> list[LintFinding]:
        """The findings of the rules about the project as a whole."""
        found: list[LintFinding] = []
        for rule in self.rules:
            if rule.scope != "tree":
                continue
            try:
                hits = [*rule.module().check(self._project)]
            except StoreError:
                raise  # As above.
            except Exception as error:  # noqa: BLE001 # As above.
                self._crashed(rule, "", error)
                continue
            found += (_found(rule, hit, file_of(_path(hit))) for hit in hits)
        return found

    def _of(self, kind: Kind, *, has_problems: bool) -> Sequence[_Check]:
        """The rules that are to be called for such a file, unless it lacks their words."""
        key = kind, has_problems
        if key not in self._checks:
            self._checks[key] = tuple(
                (rule, check, rule.words)
                for rule in self.rules
                if rule.scope == "file" and kind in rule.kinds
                if has_problems or not rule.of_reader
                if (check := self._check(rule)) is not None
            )
        return self._checks[key]

    def _check(self, rule: Rule) -> FileCheck | None:
        if rule.code not in self._modules:
            try:
                self._modules[rule.code] = rule.module().check
            except Exception as error:  # noqa: BLE001 # As above.
                self._crashed(rule, "", error)
                self._modules[rule.code] = None
        return self._modules[rule.code]

    def _crashed(self, rule: Rule, path: str, error: Exception) -> None:
        crash = RuleCrashError(rule, path, error)
        crash.__cause__ = error
        self.crashes.append(crash)


def found_by(rule: Rule, hits: Iterable[Hit], file: PromptFile | None) -> list[LintFinding]:
    """What a rule says, as findings."""
    return [_found(rule, hit, file) for hit in hits]


def _path(hit: Hit) -> str:
    return hit.at.path if isinstance(hit.at, Location) else ""


def _found(rule: Rule, hit: Hit, file: PromptFile | None) -> LintFinding:
    place, end, line = _place(hit, file)
    return LintFinding(
        rule=rule,
        finding=Finding(
            rule=rule.code,
            message=hit.message,
            location=place,
            fix=hit.fix,
            severity=hit.severity or rule.severity,
        ),
        end=end,
        line=line,
        edits=hit.edits,
        safety=(hit.safety or rule.fix) if hit.edits else None,
    )


def _place(hit: Hit, file: PromptFile | None) -> tuple[Location, Location | None, str]:
    if isinstance(hit.at, Span):
        assert file is not None  # noqa: S101 # A rule about the tree names places.
        line = file.line_at(hit.at.start)
        written = file.text[line.start : line.end].strip()
        return file.location(hit.at.start), file.location(hit.at.end), written
    if file is None or file.path != hit.at.path:
        return hit.at, None, ""
    line = file.line_at(file.offset(hit.at))
    return hit.at, None, file.text[line.start : line.end].strip()


def _first_of_each_line(hits: Iterable[Hit], file: PromptFile) -> Iterator[Hit]:
    seen: set[tuple[str, int | None]] = set()
    for hit in hits:
        place = file.location(hit.at.start) if isinstance(hit.at, Span) else hit.at
        key = (place.path, place.line)
        if key not in seen:
            seen.add(key)
            yield hit
