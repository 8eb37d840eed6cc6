"""What a reporter writes, and the golden files it is held against."""

import os
import tempfile
from io import StringIO
from pathlib import Path

from agentops_cli.ports import Reporter
from agentops_cli.redact import Redact
from agentops_cli.stores.trials import TrialLog
from tests.builders import Evaluation

GOLDEN = Path(__file__).parent / "golden"


def written(reporter: Reporter, evaluation: Evaluation) -> str:
    """The report of an evaluation whose trials are in a real log."""
    out = StringIO()
    with (
        tempfile.TemporaryDirectory() as folder,
        TrialLog(Path(folder) / "trials.jsonl", Redact()) as log,
    ):
        for trial in evaluation.trials:
            log.append(trial)
        reporter.write(evaluation.run, log, out)
    return out.getvalue()


def assert_golden(name: str, text: str) -> None:
    """Compares with the golden file; `UPDATE_GOLDEN=1 pytest tests/reporters` writes it anew."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{path} is out of date"
