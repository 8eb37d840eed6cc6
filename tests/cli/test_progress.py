import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import pytest

from agentops_cli.cli.progress import Progress
from agentops_cli.flows.book import Stage
from agentops_cli.model.result import Outcome
from tests.builders import a_trial


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_a_line_comes_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    progress = Progress(300, enabled=True, clock=clock)
    for second in range(25):
        clock.now = float(second)
        progress(a_trial(outcome=Outcome.FAILED if second % 2 else Outcome.PASSED))
    assert capsys.readouterr().err.splitlines() == [
        "11 of 300 trials, 5 failed, 0 errored",
        "21 of 300 trials, 10 failed, 0 errored",
    ]


def test_a_short_run_and_a_quiet_one_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    short, quiet = Progress(2, enabled=True, clock=clock), Progress(2, enabled=False, clock=clock)
    short(a_trial())
    clock.now = 60.0
    quiet(a_trial())
    assert capsys.readouterr().err == ""


def test_a_terminal_has_a_bar_before_the_first_trial_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress(7, enabled=True) as progress:
        progress(a_trial())
    assert "1/7" in capsys.readouterr().err


def test_what_is_kept_counts_as_done_from_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    progress = Progress(300, enabled=True, clock=clock)
    progress.stage(Stage(kind="kept", trials=120))
    clock.now = 10.0
    progress(a_trial())
    assert capsys.readouterr().err.splitlines() == [
        "120 of 300 trials are kept",
        "121 of 300 trials, 0 failed, 0 errored",
    ]


def test_a_second_pass_is_told_and_its_trials_are_no_longer_errored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    progress = Progress(3, enabled=True, clock=clock)
    for outcome in (Outcome.PASSED, Outcome.ERRORED, Outcome.ERRORED):
        progress(a_trial(outcome=outcome))
    progress.stage(Stage(kind="again", trials=2))
    clock.now = 10.0
    progress(a_trial())
    clock.now = 20.0
    progress(a_trial(outcome=Outcome.ERRORED))
    assert capsys.readouterr().err.splitlines() == [
        "once more: 2 errored trials",
        "4 of 5 trials, once more: 2 errored trials, 0 failed, 0 errored",
        "5 of 5 trials, once more: 2 errored trials, 0 failed, 1 errored",
    ]


@pytest.mark.parametrize("kind", ["kept", "again"])
def test_a_stage_without_trials_says_nothing(
    capsys: pytest.CaptureFixture[str], kind: Literal["kept", "again"]
) -> None:
    Progress(3, enabled=True).stage(Stage(kind=kind, trials=0))
    assert capsys.readouterr().err == ""


def test_what_is_waited_for_is_said_when_nothing_was_for_a_while(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    progress = Progress(300, enabled=True, clock=clock)
    for second in (1.0, 11.0, 12.0):
        clock.now = second
        progress.stage(Stage(kind="waiting", words=f"openai: waiting {second:.0f} s (429)"))
    assert capsys.readouterr().err == "openai: waiting 11 s (429)\n"


def test_a_bar_shows_what_is_waited_for_until_the_next_trial_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Progress(7, enabled=True) as progress:
        progress.stage(Stage(kind="waiting", words="openai: waiting 12 s (429)"))
    assert "openai: waiting 12 s (429)" in capsys.readouterr().err


HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"
CLEARED = b"\x1b[2K"  # The line of the bar.


@contextmanager
def terminal() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A terminal to write to, and what was written to it once nobody has it open any more."""
    ours, theirs = pty.openpty()

    def written() -> bytes:
        os.close(theirs)
        text = b""
        with suppress(OSError):  # Which is how Linux tells that the other end is closed.
            while part := os.read(ours, 65536):
                text += part
        return text

    try:
        yield theirs, written
    finally:
        os.close(ours)


@pytest.mark.parametrize("command", ["eval s.yaml", "judge check j.yaml"])
def test_a_run_that_cannot_begin_leaves_a_terminal_as_it_was(project: Path, command: str) -> None:
    (project / "c.jsonl").write_text('{"caseId": "a", "text": "yes"}\n')
    (project / "s.yaml").write_text(
        "models: [replay/c.jsonl]\ncases: [{id: a, mustContain: 'yes'}]\n"
    )
    labels = enumerate(["good", "bad"] * 10)
    examples = "".join(f"  - {{answer: a{n}, rubric: r, label: {label}}}\n" for n, label in labels)
    (project / "j.yaml").write_text(f"model: openai/m\nexamples:\n{examples}")
    (project / ".agentops").symlink_to(project.parent)
    with terminal() as (theirs, written):
        done = subprocess.run(
            [sys.executable, "-m", "agentops_cli", *command.split()],
            cwd=project,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", "OPENAI_API_KEY": "sk-none"},
            stderr=theirs,
            check=False,
        )
        shown = written()
    assert done.returncode == 7, shown
    assert shown.count(HIDE) == shown.count(SHOW) == 1, shown
    _, after = shown.split(SHOW)
    assert after.split(CLEARED)[1].startswith(b"error: "), shown
    assert b".agentops is a link" in after


@pytest.mark.parametrize("end", [KeyboardInterrupt(), ValueError("a bug")])
def test_whatever_ends_a_run_gives_the_cursor_back(
    monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    with terminal() as (theirs, written):
        with (
            os.fdopen(os.dup(theirs), "w", encoding="utf-8") as stderr,
            monkeypatch.context() as patched,
        ):
            patched.setattr("sys.stderr", stderr)
            with pytest.raises(type(end)), Progress(7, enabled=True):
                raise end
        shown = written()
    assert shown.count(HIDE) == shown.count(SHOW) == 1, shown
