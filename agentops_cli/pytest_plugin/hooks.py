"""What pytest calls: which files are suites, when they are run, how an item is reported.

Whatever knows suites is imported on use: most sessions of pytest have none.
"""

import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentops_cli.sources import YAML_SUFFIXES

if TYPE_CHECKING:
    from agentops_cli.pytest_plugin.asked import Asked
    from agentops_cli.pytest_plugin.sitting import Sitting

_FLAKY = "agentops: flaky"

_ASKED: "pytest.StashKey[Asked]" = pytest.StashKey()
_SITTING: "pytest.StashKey[Sitting]" = pytest.StashKey()
_FILES: pytest.StashKey[set[Path]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds what an evaluation needs to be told beside the usual options of pytest."""
    group = parser.getgroup("agentops", "suites of agentops")
    group.addoption(
        "--agentops-budget",
        metavar="USD",
        help="Spend no more than this on suites; the strictest budget holds.",
    )
    group.addoption(
        "--agentops-no-cache",
        action="store_true",
        help="Ask everything anew, and keep no answers.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuses what no evaluation can be run with."""
    budget = config.getoption("--agentops-budget")
    if budget is not None and not re.fullmatch(r"\d+(\.\d+)?", budget):
        problem = f"--agentops-budget must be dollars such as 0.50, not {budget!r}"
        raise pytest.UsageError(problem)
    if _is_spread(config) and _may_ask(config) and _asked(config).suites:
        problem = "suites cannot be spread over processes, each of which had the whole budget"
        raise pytest.UsageError(f"{problem}: run them without -n")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Takes a YAML file for a suite when the user has asked for it."""
    config = parent.config
    if file_path.suffix not in YAML_SUFFIXES or not _may_ask(config):
        return None
    path, typed = file_path.resolve(), _typed(config)
    # pytest shows us what lies beside the way to an argument, too.
    if not any(path.is_relative_to(each) for each in typed) or path not in _asked(config).suites:
        return None
    from agentops_cli.pytest_plugin.items import SuiteFile

    if _SITTING not in config.stash:
        from agentops_cli.pytest_plugin.sitting import Sitting

        config.stash[_SITTING] = Sitting(
            _asked(config).folder,
            budget=config.getoption("--agentops-budget"),
            use_cache=not config.getoption("--agentops-no-cache"),
        )
    file: SuiteFile = SuiteFile.from_parent(parent, path=file_path, sitting=config.stash[_SITTING])
    return file


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Takes note of where there is anything to run."""
    if isinstance(collector, pytest.File):
        collector.config.stash.setdefault(_FILES, set()).add(collector.path.resolve())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Plans one run of everything that was selected, gates included."""
    config = session.config
    if _may_ask(config):
        _refuse_silence(config)
    if sitting := config.stash.get(_SITTING, None):
        from agentops_cli.pytest_plugin.items import plan_run, with_gates

        session.items[:] = with_gates(session.items)
        if not config.option.collectonly:
            plan_run(sitting, session.items)


def _refuse_silence(config: pytest.Config) -> None:
    """Refuses a typed folder that is nothing but suites, and asks for none of them.

    Beside other tests nobody would notice. Raises `pytest.UsageError`.
    """
    asked, files = config.stash.get(_ASKED, None), config.stash.get(_FILES, set())
    problem = asked.problem if asked else None
    for path in _typed(config):
        if path.is_dir() and not any(file.is_relative_to(path) for file in files):
            from agentops_cli.pytest_plugin.asked import left_out

            problem = problem or left_out(path, config.invocation_params.dir)
    if problem:
        raise pytest.UsageError(f"agentops: {problem}")


def pytest_report_collectionfinish(config: pytest.Config) -> Sequence[str]:
    """Says what the run may take, before it begins."""
    sitting = config.stash.get(_SITTING, None)
    return [f"agentops: {line}" for line in sitting.announcement] if sitting else []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Runs all suites when the first of their items is due.

    Out here a time limit that is set for tests does not take the whole run for one of them.
    """
    if _SITTING in item.config.stash:
        from agentops_cli.pytest_plugin.items import SuiteItem

        if isinstance(item, SuiteItem):
            item.make_ready()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Reports an item of a suite: without a traceback, and with the seconds of its calls."""
    report = yield
    if _SITTING in item.config.stash:
        from agentops_cli.pytest_plugin.items import SuiteItem

        if isinstance(item, SuiteItem):
            if call.excinfo and not report.skipped:
                report.longrepr = item.repr_failure(call.excinfo)
            if call.when == "call":
                report.duration = item.latency_s
                if item.flaky_note:
                    report.sections.append((_FLAKY, item.flaky_note))
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Shows flaky cases apart from those that passed."""
    if report.passed and report.when == "call" and any(t == _FLAKY for t, _ in report.sections):
        return "flaky", "~", ("FLAKY", {"yellow": True})
    return None


def _may_ask(config: pytest.Config) -> bool:
    """True when the user typed what to run, and this process is the one that would run it."""
    typed = config.args_source is pytest.Config.ArgsSource.ARGS
    return typed and not hasattr(config, "workerinput")


def _is_spread(config: pytest.Config) -> bool:
    """True when pytest-xdist gives the items to several processes."""
    return getattr(config.option, "dist", "no") != "no" and not config.option.collectonly


def _typed(config: pytest.Config) -> Sequence[Path]:
    """The files and folders that were typed."""
    folder = config.invocation_params.dir
    return [(folder / argument.partition("::")[0]).resolve() for argument in config.args]


def _asked(config: pytest.Config) -> "Asked":
    if _ASKED not in config.stash:
        from agentops_cli.pytest_plugin.asked import asked_for

        config.stash[_ASKED] = asked_for(_typed(config), config.invocation_params.dir)
    return config.stash[_ASKED]
