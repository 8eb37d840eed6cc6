"""`similar` in a suite: what it needs, what it warns of, and what it says with its real model."""

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.gateways.embeddings import is_installed
from tests.cli.running import Cli
from tests.parts import skip_without_embeddings

ANSWERS = """
    {"caseId": "same", "text": "Returns are possible within thirty days."}
    {"caseId": "negated", "text": "The claim was not approved."}
    {"caseId": "other", "text": "Our office is closed on Sunday."}
"""


def suite(cli: Cli, cases: str, *, head: str = "models: [replay/answers.jsonl]") -> str:
    cli.write("answers.jsonl", ANSWERS)
    return cli.write("s.yaml", f"{head}\ncases:\n{cases}")


def a_case(name: str, value: str, *, beside: str = "") -> str:
    return f"  - id: {name}\n{beside}    assert: [{{similar: {value}}}]\n"


def test_without_its_model_the_suite_names_the_command_that_installs_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.embeddings.is_installed", lambda: False)
    ended = cli.run("eval", suite(cli, a_case("same", "Within thirty days.")))
    assert ended.code is ExitCode.INPUT
    assert "s.yaml:4:14" in ended.err
    assert "fix: run: agentops local install --embeddings" in ended.err


def test_a_skipped_comparison_needs_no_model(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentops_cli.gateways.embeddings.is_installed", lambda: False)
    skipped = a_case("same", "Within thirty days.", beside="    skip: not yet\n")
    plain = "  - {id: other, mustContain: closed}\n"
    assert cli.run("eval", suite(cli, f"{skipped}{plain}")).code is ExitCode.OK


def test_the_embedding_model_is_nobody_to_ask_for_an_answer(cli: Cli) -> None:
    head = "prompt: echo.prompt.md\nmodels: [local/all-minilm-l6-v2]"
    case = "  - {id: a, input: hello, mustContain: hello}\n"
    ended = cli.run("eval", suite(cli, case, head=head))
    assert ended.code is ExitCode.INPUT
    assert "local/all-minilm-l6-v2 compares texts and answers none" in ended.err


@pytest.mark.parametrize(
    ("beside", "warned"),
    [
        ("", True),
        ("    expectedCategory: success\n", False),
        ("    mustContain: days\n", False),
        ("    mustNotContain: not\n", False),
    ],
)
def test_a_case_that_rests_on_similarity_alone_is_warned_of(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, beside: str, warned: bool
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.embeddings.is_installed", lambda: True)
    name = suite(cli, a_case("same", "Within thirty days.", beside=beside))
    ended = cli.run("eval", name, "--dry-run")
    assert ended.code is ExitCode.OK
    assert ("nothing but similarity judges this answer" in ended.err) is warned


def test_advice_beside_it_does_not_count_as_another_judge(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.embeddings.is_installed", lambda: True)
    case = "  - {id: same, assert: [similar: Within days., {contains: days, advisory: true}]}\n"
    ended = cli.run("eval", suite(cli, case), "--dry-run")
    assert "nothing but similarity judges this answer" in ended.err


@pytest.mark.embeddings
@skip_without_embeddings
@pytest.mark.parametrize("form", ["{}", "[short, {}]"])
def test_a_text_that_the_model_cannot_read_is_refused_before_the_run(cli: Cli, form: str) -> None:
    fits, too_long = "days " * 254, "days " * 255
    name = suite(cli, a_case("same", form.format(fits)) + a_case("other", form.format(too_long)))
    ended = cli.run("eval", name)
    assert ended.code is ExitCode.INPUT
    assert 's.yaml:6:14  error  similar: "days days days' in ended.err
    assert "has 255 tokens, and the embedding model reads 254" in ended.err
    assert "1 mistake found; nothing was run or spent" in ended.err


@pytest.mark.embeddings
@skip_without_embeddings
def test_the_real_model_tells_the_subject_and_warns_of_the_negation(cli: Cli) -> None:
    assert is_installed()
    cases = (
        a_case("same", "You can return it within thirty days.", beside="    mustContain: days\n")
        + a_case("negated", "The claim was approved.", beside="    mustContain: claim\n")
        + a_case("other", "You can return it within thirty days.", beside="    mustContain: our\n")
    )
    budget = "models: [replay/answers.jsonl]\nbudget: {runUsd: 0.000001}"
    ended = cli.run("eval", suite(cli, cases, head=budget), "--json", "r.json")
    assert ended.code is ExitCode.REJECTED
    [result] = cli.json()["suites"]
    assert [case["outcome"] for case in result["cases"]] == ["passed", "passed", "failed"]
    verdicts = [case["trials"][0]["verdicts"] for case in result["cases"]]
    reasons = [v["reason"] for row in verdicts for v in row if v["kind"] == "similar"]
    assert reasons[0].startswith("similarity 0.7")
    assert 'mind that only one of them has "not"' in reasons[1]
    assert reasons[2].startswith("similarity 0.1")
