"""Fields read from invoices, judged one by one over a whole JSONL file."""

import json

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

SUITE = """\
models: [replay/answers.jsonl]
gate: {gate}
datasets:
  - {{file: invoices.jsonl, id: id, input: text, assert: [{{json: true}}]}}
metrics:
  - kind: extraction
    expected: "{{{{ row.fields }}}}"
    fields: [invoice, total]
"""


def write(cli: Cli, answers: list[object], *, gate: str = "{}") -> None:
    """Ten invoices, the last of which has no total, and what the model reads from them."""
    records = [{"invoice": f"A-{n}", "total": n + 0.5 if n < 9 else None} for n in range(10)]
    rows = [
        json.dumps({"id": str(n), "text": f"Invoice {n}", "fields": record})
        for n, record in enumerate(records)
    ]
    (cli.folder / "s.yaml").write_text(SUITE.format(gate=gate), encoding="utf-8")
    (cli.folder / "invoices.jsonl").write_text("\n".join(rows), encoding="utf-8")
    lines = [json.dumps({"caseId": str(n), "text": json.dumps(a)}) for n, a in enumerate(answers)]
    (cli.folder / "answers.jsonl").write_text("\n".join(lines), encoding="utf-8")


def test_right_fields_pass_in_whatever_form_they_come(cli: Cli) -> None:
    answers: list[object] = [{"invoice": f" A-{n} ", "total": f"{n}.50"} for n in range(9)]
    write(
        cli, [*answers, {"invoice": "A-9", "total": ""}], gate="{metrics: {f1: 1, recall.total: 1}}"
    )
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.OK, ended.out


def test_an_invented_total_lowers_precision_and_a_missing_one_recall(cli: Cli) -> None:
    answers: list[object] = [{"invoice": f"A-{n}", "total": n + 0.5} for n in range(10)]
    answers[0] = {"invoice": "A-0"}
    gate = "{metrics: {precision.total: 0.95, recall.total: 0.95}}"
    write(cli, answers, gate=gate)
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.REJECTED
    assert "precision.total of extraction on replay/answers.jsonl is 0.889" in ended.out
    assert "1 of 9 'total' was unexpected" in ended.out
    assert "1 of 9 'total' was missing" in ended.out


def test_a_field_that_is_never_right_is_red_by_itself(cli: Cli) -> None:
    write(cli, [{"invoice": f"A-{n}", "total": 0} for n in range(10)])
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.REJECTED
    assert "'total' of extraction on replay/answers.jsonl was never recognised: 0 of 9" in ended.out
