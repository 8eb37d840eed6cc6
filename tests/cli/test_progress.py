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
    progress.close()
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
    progress = Progress(7, enabled=True)
    progress(a_trial())
    progress.close()
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
    progress.close()
    assert capsys.readouterr().err == "openai: waiting 11 s (429)\n"


def test_a_bar_shows_what_is_waited_for_until_the_next_trial_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = Progress(7, enabled=True)
    progress.stage(Stage(kind="waiting", words="openai: waiting 12 s (429)"))
    progress.close()
    assert "openai: waiting 12 s (429)" in capsys.readouterr().err
