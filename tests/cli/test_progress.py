import pytest

from agentops_cli.cli.progress import Progress
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
