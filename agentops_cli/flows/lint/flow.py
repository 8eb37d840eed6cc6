"""`agentops prompt lint`: from paths to findings."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agentops_cli.errors import EmptyError, StoreError
from agentops_cli.flows.lint.cache_file import CacheFile, key_of
from agentops_cli.flows.lint.choosing import UNREAD, rules_to_run, settings_in_force
from agentops_cli.flows.lint.discover import CONVENTIONS, NAMES, Finder
from agentops_cli.flows.lint.known import baseline_of, write_baseline
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.parts import Parts, Scene, gather
from agentops_cli.flows.lint.reading import Reader
from agentops_cli.flows.lint.session import Session
from agentops_cli.flows.lint.tree import Tree
from agentops_cli.lint.baseline import Baseline
from agentops_cli.lint.cache import Cache
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.outcome import LintRun
from agentops_cli.lint.run import found_by
from agentops_cli.model.settings import Config
from agentops_cli.rules.project import Part, Project
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.selectors import covers
from agentops_cli.rules.table import BY_CODE

if TYPE_CHECKING:
    from agentops_cli.flows.lint.mending import Mender

__all__ = ["LintOptions", "LintRun", "files_to_lint", "lint"]

_STALE = "PX005"


def lint(config: Config, options: LintOptions) -> LintRun:
    """Lints the prompts at the paths; without any, those that the configuration names.

    Raises `EmptyError` where there is no file or no rule, `StoreError` where no rule could run.
    """
    rules = rules_to_run(config, options)
    baseline = baseline_of(config, options)
    finder = Finder(config.root, config.prompts)
    paths = _files(finder, config, options)
    if not rules or not paths:
        return LintRun(findings=(), files=len(paths))
    return _Lint(config, options, rules, finder, baseline).run(paths)


def files_to_lint(config: Config, options: LintOptions) -> tuple[str, ...]:
    """The paths of the files to lint, from the project's root, sorted.

    Raises `EmptyError` where a path or pattern matches nothing, and `StoreError` where nobody knows
    what has changed.
    """
    finder = Finder(config.root, config.prompts)
    paths = _files(finder, config, options)
    return _Lint(config, options, (), finder, None).wanted(paths) if options.changed else paths


def _files(finder: Finder, config: Config, options: LintOptions) -> tuple[str, ...]:
    cwd = options.cwd or config.root
    if options.stdin is not None:
        return tuple(finder.from_root(path, cwd) for path in options.paths)
    found = finder.typed(options.paths, cwd) if options.paths else finder.configured()
    if found.missing and not options.allow_empty:
        names = ", ".join(repr(name) for name in found.missing)
        where = "" if options.paths else ", which the configuration names"
        raise EmptyError(
            f"no prompt matches {names}{where}",
            fix="check the spelling, or pass --allow-empty if that is right",
        )
    return found.paths


class _Lint:
    """One run, with everything that it is made of."""

    def __init__(
        self,
        config: Config,
        options: LintOptions,
        rules: Sequence[Rule],
        finder: Finder,
        baseline: Baseline | None,
    ) -> None:
        self._config = config
        self._options = options
        self._chosen = rules
        self._finder = finder
        self._baseline = baseline
        self._settings = settings_in_force(config, options)
        self._failure: StoreError | None = None

    def wanted(self, paths: Sequence[str]) -> tuple[str, ...]:
        """The paths that would be linted."""
        self._look_around(paths, None)
        return tuple(self._wanted(paths))

    def run(self, paths: Sequence[str]) -> LintRun:
        """Looks, mends where that is asked for, and sorts what was found."""
        config, options = self._config, self._options
        kept = None
        if options.use_cache:
            key = key_of(config, self._settings, self._chosen, today=options.today)
            kept = CacheFile(config.root, key)
        self._look_around(paths, kept.cache if kept else None)
        self._rules = self._able()
        wanted = self._wanted(paths)
        self._session = Session(wanted, self._rules, self._project(wanted), self._parts, self._tree)
        found: Mapping[str, list[LintFinding]] = self._session.findings()
        mender = self._mender()
        if mender:
            found = mender.mend(found)
            if not options.diff and options.stdin is None:
                self._failure = mender.write(config.root)
                if self._failure:
                    found = self._session.findings()
        if kept:
            kept.save()
        return self._sorted(found, mender)

    def _look_around(self, paths: Sequence[str], cache: Cache | None) -> None:
        config, options, cwd = self._config, self._options, self._options.cwd or self._config.root
        self._named = frozenset(self._finder.from_root(path, cwd) for path in options.paths)
        reader = Reader(config.root, self._finder.declares, named=self._named)
        if options.stdin is not None:
            reader.edited.update(dict.fromkeys(paths, options.stdin))
        self._tree = Tree(lambda: self._everything(paths), reader, cache, options.redact)
        self._parts = self._gathered(paths)

    def _everything(self, paths: Sequence[str]) -> Sequence[str]:
        """The files that are linted, and all that are configured."""
        if not self._options.paths:
            return paths
        return sorted({*paths, *self._finder.configured().paths})

    def _gathered(self, paths: Sequence[str]) -> Parts:
        needed: set[Part] = {part for rule in self._chosen for part in rule.needs | rule.wants}
        if self._options.changed or self._options.against is not None:
            needed.add("history")
        scene = Scene(
            config=self._config,
            options=self._options,
            paths=tuple(paths),
            cards=self._tree.cards,
            known=self._tree.known.get,
        )
        return gather(scene, needed)

    def _project(self, linted: Sequence[str]) -> Project:
        return Project(
            today=self._options.today,
            settings=self._settings,
            tree=self._tree.known,
            linted=frozenset(linted),
            missing=self._parts.missing,
            **self._parts.values,
        )

    def _wanted(self, paths: Sequence[str]) -> Sequence[str]:
        """The paths, without those that are as they were where only changes are asked for."""
        if not self._options.changed:
            return paths
        if "history" in self._parts.missing:
            problem = f"nobody knows what changed: {self._parts.missing['history']}"
            raise StoreError(problem, fix="leave out --changed")
        changed = self._parts.values["history"].changed
        # A folder among the files is one that nobody could look into, git neither.
        return [path for path in paths if path in changed or self._is_folder(path)]

    def _is_folder(self, path: str) -> bool:
        # `Path.is_dir` raises below a folder that is closed.
        return os.path.isdir(self._config.root / path)  # noqa: PTH112 # As said.

    def _able(self) -> tuple[Rule, ...]:
        """The rules whose parts were all to be had."""
        missing = self._parts.missing
        able = tuple(rule for rule in self._chosen if rule.needs.isdisjoint(missing))
        reasons = "; ".join(dict.fromkeys(missing.values()))
        if self._unable and all(r.scope == "linter" or r.code == UNREAD for r in able):
            raise StoreError(f"none of the chosen rules can run: {reasons}")
        typed = (*self._options.wish.select, *self._options.wish.extend_select)
        asked = [rule.code for rule in self._unable if any(covers(each, rule) for each in typed)]
        if asked:
            problem = f"{', '.join(asked)} cannot run: {reasons}"
            raise StoreError(problem, fix=f"or leave out what cannot: --ignore {','.join(asked)}")
        return able

    @property
    def _unable(self) -> list[Rule]:
        return [r for r in self._chosen if not r.needs.isdisjoint(self._parts.missing)]

    def _mender(self) -> "Mender | None":
        if not (self._options.fix or self._options.diff):
            return None
        # Fixes are proved with Jinja, which is slow to load.
        from agentops_cli.flows.lint.mending import Mender

        unsafe = self._options.unsafe_fixes
        return Mender(self._session, self._tree, new=self._new, unsafe=unsafe)

    def _new(self, found: Iterable[LintFinding]) -> list[LintFinding]:
        """Those that count."""
        left = [each for each in found if each.suppressed is None]
        return self._baseline.known(left)[0] if self._baseline else left

    def _sorted(self, found: Mapping[str, list[LintFinding]], mender: "Mender | None") -> LintRun:
        everything = sorted(
            (each for path, mine in found.items() if self._is_asked(path) for each in mine),
            key=_order,
        )
        new, known = self._against_baseline([each for each in everything if _counts(each)])
        return LintRun(
            findings=tuple(new),
            files=len(self._session.paths),
            suppressed=tuple(each for each in everything if not _counts(each)),
            known=tuple(known),
            rules=self._rules,
            missing=self._parts.missing,
            notes=(*self._parts.notes, *self._odd_names()),
            changes=mender.changes if mender else (),
            mended=tuple(mender.mended) if mender else (),
            crashes=self._session.crashes,
            failure=self._failure,
        )

    def _odd_names(self) -> Iterator[str]:
        """What a prompt is called, where the user named a file that is none by its name."""
        for path in sorted(self._named & self._session.paths):
            if CONVENTIONS.fullmatch(path) or self._finder.declares(path):
                continue
            self._tree.add(self._tree.look(path))
            if self._tree.known[path].kind == "plain":
                ours = ", ".join(self._config.prompts)
                yield (
                    f"{path} is read as plain text, of which most rules say nothing: prompts are"
                    f" called {NAMES}, or as the configuration has it ({ours})"
                )

    def _is_asked(self, path: str) -> bool:
        """Whether anybody asked after a path: of other files only where no file was named."""
        return path in self._session.paths or not (self._options.paths or path in self._tree.known)

    def _against_baseline(
        self, found: list[LintFinding]
    ) -> tuple[list[LintFinding], list[LintFinding]]:
        """What is new and what is known, once the baseline is written if that is asked for."""
        before, codes = self._baseline, {rule.code for rule in self._rules}
        if self._options.write_baseline:
            try:
                self._demand_all_was_seen()
                write_baseline(
                    self._config,
                    self._options,
                    found,
                    before=before,
                    codes=codes,
                    is_seen=self._is_seen,
                )
            except StoreError as error:
                self._failure = error
            else:
                return [], found
        if before is None:
            return found, []
        new, known = before.known(found)
        if _STALE in codes:
            rule = BY_CODE[_STALE]
            stale = [*before.stale(found, codes=codes, is_seen=self._is_seen)]
            new += found_by(rule, rule.module().check(stale), None)
        return sorted(new, key=_order), known

    def _demand_all_was_seen(self) -> None:
        """Refuses a baseline where it would hide that something was not looked at."""
        if self._session.crashes:
            raise StoreError("no baseline is written: a rule crashed, and did not look")
        unable = [rule.code for rule in self._unable]
        if unable:
            reasons = "; ".join(dict.fromkeys(self._parts.missing.values()))
            raise StoreError(
                f"no baseline is written: {', '.join(unable)} cannot run: {reasons}",
                fix=f"or leave out what cannot: --ignore {','.join(unable)}",
            )

    def _is_seen(self, path: str) -> bool:
        """Whether this run knows all about a path; of a file that is gone there is nothing more."""
        return path in self._session.paths or not (
            self._options.paths or self._options.changed or path in self._tree.known
        )


def _counts(found: LintFinding) -> bool:
    return found.suppressed is None


def _order(found: LintFinding) -> tuple[str, int, int, str]:
    place = found.place
    return place.path, place.line or 0, place.column or 0, found.rule.code
