"""A project with suites, and pytest run in it as a user runs it."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import PROMPT, _server, server

__all__ = ["_server", "server"]

PYTEST = (sys.executable, "-m", "pytest")


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session of pytest that has ended; `outcomes` are suite, name and end of each item."""

    code: int
    out: str
    outcomes: Sequence[tuple[str, str, str]]

    @property
    def items(self) -> Mapping[str, str]:
        """What became of each item, by its name."""
        return {name: outcome for _, name, outcome in self.outcomes}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items ended in each way."""
        return Counter(outcome for _, _, outcome in self.outcomes)


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder in which pytest and agentops are run."""

    folder: Path

    def write(self, name: str, text: str) -> str:
        """Writes a file of the project and gives its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return name

    def suite(
        self,
        answers: Mapping[str, str],
        *,
        name: str = "evals/s.yaml",
        head: str = "",
        extra: str = "",
    ) -> str:
        """Writes a suite of recorded answers; a case passes when its answer says yes."""
        stem = Path(name).stem
        recorded = "".join(
            f'{{"caseId": "{case}", "text": "{answer}"}}\n' for case, answer in answers.items()
        )
        self.write(str(Path(name).with_name(f"{stem}.jsonl")), recorded)
        cases = "".join(f"  - {{id: {case}, mustContain: 'yes'}}\n" for case in answers)
        text = f"models: [replay/{stem}.jsonl]\n{head}\ncases:\n{cases}{extra}"
        return self.write(name, text)

    def pytest(self, *args: str) -> Session:
        """Runs pytest to its end."""
        report = self.folder / "items.xml"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            # Without what would say something of its own.
            [*PYTEST, "-p", "no:asyncio", f"--junitxml={report}", *args],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes = outcomes_in(report) if report.exists() else []
        return Session(code=done.returncode, out=done.stdout + done.stderr, outcomes=outcomes)

    def agentops(self, *args: str) -> int:
        """The exit code of agentops."""
        command = [sys.executable, "-m", "agentops_cli", *args]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode


def outcomes_in(report: Path) -> list[tuple[str, str, str]]:
    """Every test case of a JUnit file of pytest: class, name, and one of passed, failed, error,
    skip and xfail.
    """
    found = []
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 # Our own file.
        outcome = "passed"
        for element in case:
            kind = element.get("type", "").removeprefix("pytest.")
            outcome = {"failure": "failed", "skipped": kind}.get(element.tag, element.tag)
        found.append((case.attrib["classname"], case.attrib["name"], outcome))
    return found


@pytest.fixture
def evals(project: Path) -> Project:
    """A project whose suites are in `evals`, with a prompt for models of a server."""
    (project / "echo.prompt.md").write_text(PROMPT, encoding="utf-8")
    return Project(folder=project)
