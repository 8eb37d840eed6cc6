"""Rules that look at several files, one rule after the other."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

from agentops_cli.lint.run import Runner
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import FileCheck, Hit, Rule

PROJECT = Project(today=date(2026, 11, 24))


class Made(Rule):
    """A rule of which this module has the check."""

    def module(self) -> Any:
        """What `import_module` would give."""
        return SimpleNamespace(check=CHECKS[self.code])


def _says(word: str) -> FileCheck:
    def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
        at = file.text.find(word)
        if at >= 0:
            span = Span(start=at, end=at + len(word))
            yield Hit(at=span, message=f"it says {word}", fix="leave it out")

    return check


def _crashes(file: PromptFile, _project: Project) -> Iterator[Hit]:
    if "crash" in file.text:
        raise LookupError(file.path)
    yield from ()


CHECKS = {"PF901": _says("red"), "PF902": _says("blue"), "PF903": _crashes}


def _runner() -> Runner:
    rules = (
        Made(code="PF901", name="red", summary="it says red", words=frozenset(("red",))),
        Made(code="PF903", name="crashes", summary="it crashes"),
        Made(code="PF902", name="blue", summary="it says blue"),
    )
    return Runner(rules, PROJECT)


def _file(path: str, text: str) -> PromptFile:
    return read_bytes(text.encode(), path=path)


def _codes(runner: Runner, *files: PromptFile) -> list[list[str]]:
    return [[each.rule.code for each in found] for found in runner.files(files)]


def test_each_file_has_its_own_findings_in_the_order_of_the_rules() -> None:
    files = (
        _file("a.prompt", "blue and red"),
        _file("AGENTS.md", "blue"),
        _file("b.prompt", "nothing"),
        _file("c.prompt", "red"),
    )
    assert _codes(_runner(), *files) == [["PF901", "PF902"], ["PF902"], [], ["PF901"]]
    assert [_runner().file(file) for file in files] == _runner().files(files)


def test_of_no_file_nothing_is_found() -> None:
    assert _runner().files(()) == []


def test_a_rule_that_crashes_on_one_file_hides_no_other_finding() -> None:
    runner = _runner()
    files = _file("a.prompt", "red"), _file("b.prompt", "crash, red, blue"), _file("c", "blue")
    assert _codes(runner, *files) == [["PF901"], ["PF901", "PF902"], ["PF902"]]
    assert [(crash.rule.code, crash.path) for crash in runner.crashes] == [("PF903", "b.prompt")]
