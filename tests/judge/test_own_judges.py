"""The judges of this repository: their records are of what they are now."""

from pathlib import Path

import pytest

from agentops_cli.judge.files import JudgeFiles
from agentops_cli.judge.read import read_judge_file
from agentops_cli.sources import Disk

ROOT = Path(__file__).parent.parent.parent
PATHS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "judges").glob("*.yaml"))


def test_there_are_some() -> None:
    assert PATHS


@pytest.mark.parametrize("path", PATHS)
def test_the_record_is_of_this_version_of_the_judge(path: str) -> None:
    """After a change of our question too: run `agentops judge check` and commit the record."""
    finding = JudgeFiles(Disk(ROOT)).why_unchecked(path, base_url=None)
    assert finding is None or "it does not agree with its labels" in finding.message


def test_forty_answers_are_labelled_half_of_them_bad() -> None:
    path = "judges/support-answers.yaml"
    examples = read_judge_file((ROOT / path).read_text(encoding="utf-8"), path=path).examples
    labels = [example.label for example in examples]
    assert (labels.count("good"), labels.count("bad")) == (20, 20)
