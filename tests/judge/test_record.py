import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from agentops_cli.judge.read import digest_of
from agentops_cli.judge.record import (
    BrokenRecordError,
    CheckRecord,
    endpoint_of,
    read_record,
    record_path,
    record_text,
    why_unchecked,
)
from agentops_cli.model.judge import JudgeFile
from tests.judge.asking import a_judge, an_example
from tests.judge.test_agreement import an_agreement

EXAMPLES = tuple(
    an_example(answer=f"{label} {n}", label=label) for n in range(10) for label in ("good", "bad")
)
JUDGE = a_judge(path="judges/j.yaml")
FILE = JudgeFile(judge=JUDGE, examples=EXAMPLES, min_kappa=0.4, digest=digest_of(JUDGE, EXAMPLES))


def a_record(*rows: tuple[int, int, int], digest: str = FILE.digest) -> CheckRecord:
    return CheckRecord(
        digest=digest,
        model="openai/gpt-4o",
        served_models=("gpt-4o-2026-01-01",),
        min_kappa=0.4,
        agreement=an_agreement(*(rows or ((9, 1, 0), (1, 9, 0)))),
        checked_on=date(2026, 5, 1),
        endpoint=None,
    )


def changed(**changes: Any) -> str:
    data = json.loads(record_text(a_record()))
    return json.dumps({**data, **changes})


def test_a_record_stands_beside_its_judge_file() -> None:
    assert record_path("judges/j.yaml") == "judges/j.checked.json"
    assert record_path("a.b.yml") == "a.b.checked.json"


def test_a_record_is_read_as_it_was_written() -> None:
    text = record_text(a_record())
    again = read_record(text)
    assert again.agreement.kappa == 0.8
    assert record_text(again) == text


def test_a_record_tells_its_figures_to_people() -> None:
    data = json.loads(record_text(a_record()))
    assert list(data)[:4] == ["schema", "checkedOn", "digest", "model"]
    assert (data["kappa"], data["n"], data["passed"]) == (0.8, 20, True)
    assert data["labelled"]["bad"] == {"good": 1, "bad": 9, "abstained": 0}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "it was never checked on its examples"),
        (
            record_text(a_record(digest="0" * 64)),
            "it changed since it was checked on 2026-05-01",
        ),
        (record_text(a_record((10, 0, 0), (10, 0, 0))), "its kappa is 0.00"),
        (record_text(a_record((5, 0, 5), (0, 5, 5))), "its kappa is 0.33"),
        (record_text(a_record((5, 0, 0), (0, 5, 0))), "its record is of 10 answers, it has 20"),
        ("", "its record judges/j.checked.json cannot be read"),
        ("[]", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        (changed(schema=2), "cannot be read: its schema is 2, and 1 is read here"),
        (changed(labelled={}), "cannot be read"),
        (changed(checkedOn="yesterday"), "cannot be read"),
        (changed(n=0), "cannot be read"),
        (changed(n="20"), "cannot be read"),
        (changed(endpoint=5), "cannot be read"),
    ],
)
def test_what_forbids_a_judge_file_to_judge(text: str | None, why: str) -> None:
    finding = why_unchecked(FILE, text)
    assert finding is not None
    assert why in finding.message
    assert finding.message.startswith("this judge may not judge: ")
    assert "agentops judge check judges/j.yaml" in str(finding.fix)
    assert str(finding.location) == "judges/j.yaml:1"


def test_a_judge_that_agrees_with_its_labels_may_judge() -> None:
    assert why_unchecked(FILE, record_text(a_record())) is None


HOSTED = "https://models.example.com/v1"


@pytest.mark.parametrize(
    ("checked", "asked", "may_judge"),
    [
        (None, None, True),
        (HOSTED, HOSTED, True),
        (HOSTED, f" {HOSTED}/ ", True),
        (HOSTED, None, False),
        (None, HOSTED, False),
        (HOSTED, "https://models.example.com/v2", False),
        (HOSTED, "https://models.example.org/v1", False),
    ],
)
def test_a_judge_may_judge_where_it_was_checked_and_nowhere_else(
    checked: str | None, asked: str | None, may_judge: bool
) -> None:
    text = record_text(replace(a_record(), endpoint=endpoint_of(checked)))
    asked_there = replace(FILE, judge=replace(JUDGE, base_url=asked))
    finding = why_unchecked(asked_there, text)
    assert (finding is None) is may_judge
    if finding:
        assert "checked on 2026-05-01: it was asked at another address then" in finding.message


def test_a_record_does_not_tell_where_a_judge_is() -> None:
    text = record_text(replace(a_record(), endpoint=endpoint_of(HOSTED)))
    assert "example.com" not in text
    assert record_text(read_record(text)) == text


def test_figures_that_were_written_by_hand_change_nothing() -> None:
    data = json.loads(record_text(a_record((10, 0, 0), (10, 0, 0))))
    forged = json.dumps({**data, "kappa": 1.0, "passed": True, "kappaInterval": [0.9, 1.0]})
    assert "its kappa is 0.00" in str(why_unchecked(FILE, forged))


@pytest.mark.parametrize("count", [-1, 1.5, "9", None, True])
def test_counts_that_no_check_can_have_found_are_refused(count: Any) -> None:
    data = json.loads(record_text(a_record()))
    data["labelled"]["good"]["good"] = count
    with pytest.raises(BrokenRecordError):
        read_record(json.dumps(data))
