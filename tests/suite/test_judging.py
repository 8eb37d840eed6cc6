import pytest

from agentops_cli.judge_keys import judge_of
from tests.builders import a_place
from tests.suite.reading import mistakes, read, shown

CONFIGURED = judge_of({"model": "openai/gpt-4o-mini"}, location=a_place())
FILE = "model: openai/gpt-4o\nthreshold: 0.6\nexamples:\n" + "".join(
    f"  - {{rubric: r, answer: {label} {n}, label: {label}}}\n"
    for n in range(5)
    for label in ("good", "bad")
)


def suite(head: str = "", assertion: str = "rubric: Gives a date.") -> str:
    return (
        f"prompt: p.md\n{head}\ncases:\n  - {{id: a, input: x, assert: [{{{assertion}}}]}}\n"
        f"  - id: b\n    input: x\n    assert:\n      - {assertion}\n"
    )


def test_a_judge_is_described_in_the_suite() -> None:
    found = read(suite("judge: {model: m/x, threshold: 0.5, votes: 3, instructions: Be kind.}"))
    assert found.judge is not None
    assert (found.judge.model, found.judge.threshold, found.judge.votes) == ("m/x", 0.5, 3)
    assert (found.judge.instructions, found.judge.path) == ("Be kind.", None)
    assert str(found.judge.location) == "evals/s.yaml:2:8"


def test_a_judge_file_is_found_from_the_suite() -> None:
    found = read(suite("judge: ../judges/j.yaml"), {"judges/j.yaml": FILE})
    assert found.judge is not None
    assert (found.judge.model, found.judge.threshold) == ("openai/gpt-4o", 0.6)
    assert found.judge.path == "judges/j.yaml"


def test_the_judge_of_the_suite_beats_that_of_the_configuration() -> None:
    assert read(suite(), judge=CONFIGURED).judge == CONFIGURED
    found = read(suite("judge: {model: m/x}"), judge=CONFIGURED).judge
    assert found is not None
    assert found.model == "m/x"


def test_a_rubric_without_a_judge_is_refused_at_its_place() -> None:
    findings = mistakes(suite())
    assert shown(findings) == ["4:32 no-judge", "8:9 no-judge"]
    assert "add judge: {model: openai/gpt-4o}" in str(findings[0].fix)


def test_every_turn_is_looked_at() -> None:
    text = """
        prompt: p.md
        cases:
          - id: a
            turns:
              - {input: x, assert: [{rubric: Gives a date.}]}
              - {input: y, mustContain: z}
    """
    assert shown(mistakes(text)) == ["5:29 no-judge"]


def test_a_rubric_of_a_dataset_is_told_once() -> None:
    text = "prompt: p.md\ndatasets:\n  - file: d.jsonl\n    assert: [{rubric: '{{ row.r }}'}]\n"
    rows = "".join(f'{{"id": "{n}", "r": "Gives a date."}}\n' for n in range(9))
    assert shown(mistakes(text, {"evals/d.jsonl": rows})) == ["4:14 no-judge"]


def test_what_needs_no_judge_needs_none() -> None:
    assert read(suite(assertion="finishReason: stop")).judge is None


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("judge: {model: agent/bot}", ["2:16 bad-judge"]),
        ("judge: {model: replay/c.jsonl}", ["2:16 bad-judge"]),
        ("judge: {model: m, votes: 3, temperature: 0}", ["2:42 bad-judge"]),
        ("judge: {threshold: 0.5}", ["2:8 missing-key"]),
        ("judge: {model: m, votes: 2}", ["2:26 bad-value"]),
        ("judge: {model: m, threshold: 0}", ["2:30 bad-value"]),
        ("judge: {model: m, minKappa: 0.1}", ["2:19 unknown-key"]),
        ("judge: 5", ["2:8 wrong-type"]),
        ("judge: ''", ["2:8 bad-value"]),
        ("judge: openai/gpt-4o", ["2:8 missing-file"]),
        ("judge: broken.yaml", ["1:8 bad-value"]),
    ],
)
def test_a_judge_that_is_wrong_is_told_where_it_stands_and_nothing_more(
    head: str, told: list[str]
) -> None:
    broken = FILE.replace("openai/gpt-4o", "''")
    assert shown(mistakes(suite(head), {"evals/broken.yaml": broken})) == told


def test_a_model_in_place_of_a_path_is_told_how_it_is_written() -> None:
    [finding] = mistakes(suite("judge: openai/gpt-4o"))
    assert "write judge: {model: openai/gpt-4o}" in str(finding.fix)
