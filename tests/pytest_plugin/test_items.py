"""What becomes of cases and gates as items of pytest, and that the run is one."""

import os
import re
import signal
import subprocess
import time
from xml.etree import ElementTree as ET

import pytest

from tests.pytest_plugin.conftest import PYTEST, Project
from tests.servers.faulty_openai import FaultyOpenAI


def test_a_suite_that_passes_is_green_with_an_item_for_each_case_and_the_gate(
    evals: Project,
) -> None:
    evals.suite({"a": "yes", "b": "oh yes"})
    ended = evals.pytest("evals/", "-v")
    assert ended.code == 0
    assert ended.items == {"a": "passed", "b": "passed", "gate": "passed"}
    assert "evals/s.yaml::a PASSED" in ended.out
    assert "agentops: 2 trials of 1 suite, $0\n" in ended.out


def test_a_failed_case_says_what_and_where_without_a_traceback(evals: Project) -> None:
    evals.suite({"a": "yes", "b": "no"})
    ended = evals.pytest("evals")
    assert ended.code == 1
    assert ended.items == {"a": "passed", "b": "failed", "gate": "failed"}
    assert 'evals/s.yaml:5:26: mustContain: "yes" not found in "no"' in ended.out
    assert "answer: no" in ended.out
    assert 'FAILED evals/s.yaml::b - mustContain: "yes" not found' in ended.out
    assert "FAILED evals/s.yaml::gate - evals/s.yaml:1:1: 1 of 2 judged cases failed" in ended.out
    assert "Traceback" not in ended.out
    assert "items.py" not in ended.out


def test_a_failure_that_the_gate_leaves_room_for_is_not_red(evals: Project) -> None:
    evals.suite({"a": "yes", "b": "no"}, head="gate: {minPassRate: 0.5}")
    ended = evals.pytest("evals", "-rx")
    assert ended.code == evals.agentops("eval") == 0
    assert ended.items == {"a": "passed", "b": "xfail", "gate": "passed"}
    assert "failed; the gate leaves room for it (minPassRate 0.5): mustContain:" in ended.out


def test_a_case_that_could_not_be_judged_is_an_error_and_so_is_its_gate(evals: Project) -> None:
    suite = evals.suite({"a": "yes"}, extra="  - {id: lost, mustContain: 'yes'}\n")
    ended = evals.pytest(suite)
    assert ended.code == 1
    assert ended.items == {"a": "passed", "lost": "error", "gate": "error"}
    assert "evals/s.yaml:5:5: cassette_miss: evals/s.jsonl has no answer" in ended.out
    assert "1 of 2 cases could not be judged" in ended.out
    assert evals.agentops("eval", suite) == 7


def test_an_error_that_the_gate_leaves_room_for_is_not_red(evals: Project) -> None:
    head = "gate: {maxErrored: 1}"
    evals.suite({"a": "yes"}, head=head, extra="  - {id: lost, mustContain: 'yes'}\n")
    ended = evals.pytest("evals", "-rx")
    assert ended.code == evals.agentops("eval") == 0
    assert ended.items == {"a": "passed", "lost": "xfail", "gate": "passed"}
    assert "errored; the gate leaves room for it (maxErrored 1): cassette_miss:" in ended.out


def test_cases_that_gate_nothing_are_skipped_or_xfailed_with_their_reasons(
    evals: Project,
) -> None:
    evals.suite(
        {"a": "yes", "known": "no", "wild": "no"},
        extra="  - {id: later, mustContain: 'yes', skip: the endpoint is gone}\n",
    )
    text = (evals.folder / "evals/s.yaml").read_text()
    text = re.sub(r"(id: known.*)}", r"\1, xfail: no Spanish yet}", text)
    watch = "quarantine: {reason: flaky, owner: '@us', until: 2999-01-01}"
    text = re.sub(r"(id: wild.*)}", rf"\1, {watch}}}", text)
    evals.write("evals/s.yaml", text)
    ended = evals.pytest("evals", "-rxs")
    assert ended.code == evals.agentops("eval") == 0, ended.out
    assert ended.items == {
        "a": "passed", "known": "xfail", "wild": "skip", "later": "skip", "gate": "passed",
    }  # fmt: skip
    assert "evals/s.yaml::known - no Spanish yet" in ended.out
    assert "SKIPPED [1] evals/s.yaml: skipped: the endpoint is gone" in ended.out
    assert "quarantined: failed, in quarantine until 2999-01-01: flaky (@us)" in ended.out


def test_an_xfail_that_passes_is_red(evals: Project) -> None:
    evals.suite({"a": "yes"}, extra="  - {id: b, mustContain: 'yes', xfail: hopeless}\n")
    evals.write("evals/s.jsonl", '{"caseId": "a", "text": "yes"}\n{"caseId": "b", "text": "yes"}\n')
    ended = evals.pytest("evals")
    assert (ended.code, ended.items["b"]) == (1, "failed")
    assert "passed, but is marked xfail: hopeless" in ended.out


def test_a_flaky_case_passes_and_says_so(evals: Project) -> None:
    evals.suite({"a": "yes"}, head="repeat: 3\nrepeatPass: 2/3")
    answers = ["yes", "no", "yes"]
    lines = [f'{{"caseId": "a", "repeat": {n}, "text": "{t}"}}\n' for n, t in enumerate(answers)]
    evals.write("evals/s.jsonl", "".join(lines))
    ended = evals.pytest("evals", "-v", "-rP")
    assert ended.code == 0
    assert "evals/s.yaml::a FLAKY" in ended.out
    assert "1 passed, 1 flaky" in ended.out
    assert ended.items == {"a": "passed", "gate": "passed"}


def test_nothing_but_cases_that_gate_nothing_is_no_verdict(evals: Project) -> None:
    evals.write(
        "evals/s.yaml",
        "models: [replay/s.jsonl]\ncases: [{id: a, mustContain: 'yes', skip: not now}]\n",
    )
    evals.write("evals/s.jsonl", "")
    ended = evals.pytest("evals")
    assert evals.agentops("eval") == 5
    assert (ended.code, ended.items) == (1, {"a": "skip", "gate": "error"})
    assert "no verdict: A selection or a configured glob matched nothing" in ended.out


def test_cases_are_told_apart_by_model_where_there_are_several(evals: Project) -> None:
    evals.write("evals/one.jsonl", '{"caseId": "a", "text": "yes"}\n')
    evals.write("evals/two.jsonl", '{"caseId": "a", "text": "no"}\n')
    evals.write(
        "evals/s.yaml",
        "models: [replay/one.jsonl, replay/two.jsonl]\ncases: [{id: a, mustContain: 'yes'}]\n",
    )
    ended = evals.pytest("evals")
    assert ended.items == {
        "a[replay/one.jsonl]": "passed",
        "a[replay/two.jsonl]": "failed",
        "gate": "failed",
    }
    one = evals.pytest("evals/s.yaml::a[replay/one.jsonl]")
    assert (one.code, one.items) == (0, {"a[replay/one.jsonl]": "passed", "gate": "passed"})


def test_a_selection_is_all_that_is_called_and_judged(evals: Project, server: FaultyOpenAI) -> None:
    cases = "\n".join(f"  - {{id: c{n}, input: yes {n}, mustContain: 'yes'}}" for n in range(9))
    evals.write("evals/s.yaml", f"prompt: ../echo.prompt.md\ncases:\n{cases}\n")
    assert evals.pytest("evals", "-k", "c3 or c5").items == {
        "c3": "passed", "c5": "passed", "gate": "passed",
    }  # fmt: skip
    assert evals.pytest("evals/s.yaml::c7").items == {"c7": "passed", "gate": "passed"}
    assert len(server.requests) == 3


def test_tags_select_too(evals: Project) -> None:
    evals.suite({"a": "yes"}, extra="  - {id: b, mustContain: 'yes', tags: [smoke]}\n")
    evals.write("evals/s.jsonl", '{"caseId": "a", "text": "yes"}\n{"caseId": "b", "text": "yes"}\n')
    assert evals.pytest("evals", "-k", "smoke").items == {"b": "passed", "gate": "passed"}


def test_the_gate_is_judged_over_what_was_run(evals: Project) -> None:
    evals.suite({"a": "yes", "b": "no", "c": "yes"}, head="gate: {minPassRate: 0.6}")
    assert evals.pytest("evals").code == evals.agentops("eval") == 0
    ended = evals.pytest("evals", "-k", "b")
    assert ended.items == {"b": "failed", "gate": "failed"}
    assert ended.code == evals.agentops("eval", "-k", "b") == 1


@pytest.mark.parametrize(
    "selection", [("-k", "right"), ("evals/s.yaml::right",), ("--deselect", "evals/s.yaml::other")]
)
def test_no_selection_leaves_the_gate_out(evals: Project, selection: tuple[str, ...]) -> None:
    metric = "{kind: classification, expected: '{{ vars.label }}', labels: ['yes', 'no']}"
    cases = "{id: right, mustContain: 'yes', vars: {label: 'no'}}, {id: other, mustContain: 'yes'}"
    evals.suite({"right": "yes", "other": "yes"})
    evals.write(
        "evals/s.yaml",
        f"models: [replay/s.jsonl]\nmetrics: [{metric}]\ngate: {{metrics: {{accuracy: 0.5}}}}\n"
        f"defaults: {{vars: {{label: 'yes'}}}}\ncases: [{cases}]\n",
    )
    typed = selection if selection[0].startswith("evals") else ("evals", *selection)
    ended = evals.pytest(*typed)
    code = evals.agentops("eval", "-k", "right")
    assert (ended.code, ended.items) == (code, {"right": "passed", "gate": "failed"}), ended.out
    assert code == 1
    listed = evals.pytest(*typed, "--collect-only", "-q").out
    assert "evals/s.yaml::right\nevals/s.yaml::gate\n" in listed


def test_a_gate_stands_after_the_last_case_of_its_suite(evals: Project) -> None:
    for name in ("evals/one.yaml", "evals/two.yaml"):
        evals.suite({"first": "yes", "other": "yes"}, name=name)
    ended = evals.pytest("evals", "-k", "first", "-v")
    names = [line.split()[0] for line in ended.out.splitlines() if " PASSED" in line]
    assert names == [
        "evals/one.yaml::first", "evals/one.yaml::gate",
        "evals/two.yaml::first", "evals/two.yaml::gate",
    ]  # fmt: skip


def test_a_gate_alone_is_judged_over_its_whole_suite(evals: Project) -> None:
    evals.suite({"a": "yes", "b": "no"})
    assert evals.pytest("evals/s.yaml::gate").items == {"gate": "failed"}
    evals.suite({"a": "yes", "b": "yes"})
    assert evals.pytest("evals/s.yaml::gate").items == {"gate": "passed"}


def test_what_failed_is_run_again_first_and_alone(evals: Project) -> None:
    evals.suite({"a": "yes", "b": "no", "c": "yes"})
    assert evals.pytest("evals").counts == {"passed": 2, "failed": 2}
    again = evals.pytest("evals", "--lf")
    assert again.items == {"b": "failed", "gate": "failed"}
    evals.suite({"a": "yes", "b": "yes", "c": "yes"})
    assert evals.pytest("evals", "--lf").items == {"b": "passed", "gate": "passed"}


def test_stopping_at_the_first_failure_works(evals: Project) -> None:
    evals.suite({"a": "no", "b": "no"})
    ended = evals.pytest("evals", "-x")
    assert (ended.code, ended.items) == (1, {"a": "failed"})


def test_a_case_may_be_called_gate(evals: Project) -> None:
    evals.suite({"gate": "yes"})
    assert evals.pytest("evals").items == {"gate": "passed", "(gate)": "passed"}


def test_collecting_needs_no_key_and_makes_no_call(evals: Project) -> None:
    evals.write(
        "evals/s.yaml",
        "prompt: ../echo.prompt.md\ncases: [{id: a, input: x, mustContain: x}]\n",
    )
    ended = evals.pytest("evals", "--collect-only", "-q")
    assert ended.code == 0
    assert "evals/s.yaml::a\nevals/s.yaml::gate\n" in ended.out
    assert not (evals.folder / ".agentops").exists()


def test_what_the_run_may_take_and_what_it_assumes_is_said_before_it_begins(
    evals: Project, server: FaultyOpenAI
) -> None:
    prompt = (evals.folder / "echo.prompt.md").read_text()
    evals.write("echo.prompt.md", prompt.replace("max_tokens: 50\n", ""))
    evals.write("agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 0, outputPer1M: 1}}}\n")
    evals.write(
        "evals/s.yaml",
        "prompt: ../echo.prompt.md\ncases: [{id: a, input: 'yes', mustContain: 'yes'}]\n",
    )
    ended = evals.pytest("evals")
    told = "agentops: 1 trial of 1 suite, usually at most $0.0041, up to $0.0328 where calls fail\n"
    assert told in ended.out
    assert "agentops: echo.prompt.md: no max_tokens: answers are capped at 4,096" in ended.out


def test_mistakes_are_collection_errors_all_at_once_and_nothing_is_run(
    evals: Project, server: FaultyOpenAI
) -> None:
    good = "prompt: ../echo.prompt.md\ncases: [{id: a, input: 'yes', mustContain: 'yes'}]\n"
    evals.write("evals/good.yaml", good)
    evals.write("evals/bad.yaml", "model: [x]\ncases: [{id: a, mustContains: x}]\n")
    ended = evals.pytest("evals")
    assert ended.code == pytest.ExitCode.INTERRUPTED
    assert "evals/bad.yaml:1:1: unknown key 'model'" in ended.out
    assert "evals/bad.yaml:2:17: unknown key 'mustContains'" in ended.out
    assert "fix: did you mean 'mustContain'?" in ended.out
    assert "Traceback" not in ended.out
    assert not server.requests


def test_what_is_wrong_with_suites_together_is_found_before_any_runs(evals: Project) -> None:
    for folder in ("evals/one", "evals/two"):
        evals.suite({"a": "yes"}, name=f"{folder}/s.yaml")
    ended = evals.pytest("evals")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "replay/s.jsonl means evals/one/s.jsonl in another suite of this run" in ended.out
    assert evals.agentops("eval") == 4


def test_a_broken_configuration_is_an_error_of_whoever_names_suites(evals: Project) -> None:
    evals.suite({"a": "yes"})
    evals.write("agentops.yaml", "concurency: 1\n")
    evals.write("tests/test_it.py", "def test_it(): pass\n")
    evals.write("tests/data.yaml", "a: 1\n")
    ended = evals.pytest("evals")
    assert ended.code == pytest.ExitCode.INTERRUPTED
    assert "agentops.yaml:1:1: unknown key 'concurency'" in ended.out
    assert evals.pytest("tests").items == {"test_it": "passed"}


def test_one_budget_holds_for_all_suites_together(evals: Project, server: FaultyOpenAI) -> None:
    evals.write(
        "agentops.yaml", "models: {openai/ok: {price: {inputPer1M: 0, outputPer1M: 1000}}}\n"
    )
    for name in ("one", "two"):
        cases = "\n".join(
            f"  - {{id: {name}{n}, input: 'yes {name}{n}', mustContain: 'yes'}}" for n in range(4)
        )
        evals.write(f"evals/{name}.yaml", f"prompt: ../echo.prompt.md\ncases:\n{cases}\n")
    # A call may cost 50 tokens of a tenth of a cent, and does cost less.
    ended = evals.pytest("evals", "--agentops-budget", "0.06", "-rE")
    assert ended.code == 1
    called = len(server.requests)
    assert 0 < called < 8
    counts = ended.counts
    assert (counts["passed"], counts["error"]) == (called, 8 - called + 2), ended.out
    assert "of the $0.06 of the run" in ended.out
    assert "failed" not in counts


def test_what_was_answered_before_is_asked_again_only_when_that_is_wanted(
    evals: Project, server: FaultyOpenAI
) -> None:
    evals.write(
        "evals/s.yaml", "prompt: ../echo.prompt.md\ncases: [{id: a, input: x, mustContain: x}]\n"
    )
    asked = []
    for flags in ((), (), ("--agentops-no-cache",)):
        assert evals.pytest("evals", *flags).code == 0
        asked.append(len(server.requests))
    assert asked == [1, 1, 2]


@pytest.mark.parametrize("budget", ["-1", "lots", "1e9"])
def test_a_budget_must_be_dollars(evals: Project, budget: str) -> None:
    ended = evals.pytest(f"--agentops-budget={budget}")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "--agentops-budget must be dollars such as 0.50" in ended.out


def test_several_processes_are_refused_where_there_are_suites(
    evals: Project, server: FaultyOpenAI
) -> None:
    evals.write("tests/test_it.py", "def test_it(): pass\n")
    suite = "prompt: ../echo.prompt.md\ncases: [{id: a, input: 'yes', mustContain: 'yes'}]\n"
    evals.write("evals/s.yaml", suite)
    ended = evals.pytest("evals", "-n", "2")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "run them without -n" in ended.out
    assert evals.pytest("tests", "-n", "2").items == {"test_it": "passed"}
    evals.write("pytest.ini", "[pytest]\ntestpaths = evals tests\n")
    assert evals.pytest("-n", "2").items == {"test_it": "passed"}
    assert not server.requests
    assert evals.pytest("evals", "-n", "0").items == {"a": "passed", "gate": "passed"}


def test_a_process_that_is_handed_its_tests_by_another_runs_no_suites(evals: Project) -> None:
    evals.suite({"a": "yes"})
    evals.write("conftest.py", "def pytest_configure(config): config.workerinput = {}\n")
    assert evals.pytest("evals").code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert not (evals.folder / ".agentops").exists()


def test_a_time_limit_for_tests_is_not_one_for_the_run(
    evals: Project, server: FaultyOpenAI
) -> None:
    evals.write(
        "evals/s.yaml",
        "prompt: ../echo.prompt.md\nmodels: [openai/slow-1500]\n"
        "cases: [{id: a, input: 'yes', mustContain: 'yes'}]\n",
    )
    ended = evals.pytest("evals", "--timeout", "1")
    assert ended.items == {"a": "passed", "gate": "passed"}, ended.out


def test_an_item_takes_the_seconds_of_its_calls(evals: Project, server: FaultyOpenAI) -> None:
    evals.write(
        "evals/s.yaml",
        "prompt: ../echo.prompt.md\nmodels: [openai/slow-300]\n"
        "cases: [{id: a, input: 'yes', mustContain: 'yes'}]\n",
    )
    evals.pytest("evals")
    cases = ET.parse(evals.folder / "items.xml").iter("testcase")  # noqa: S314 # Our own file.
    seconds = {case.attrib["name"]: float(case.attrib["time"]) for case in cases}
    assert 0.3 <= seconds["a"] < 30
    assert seconds["gate"] < 0.1


def test_strict_filters_of_warnings_change_no_verdict(evals: Project, server: FaultyOpenAI) -> None:
    evals.write("pytest.ini", "[pytest]\nfilterwarnings = error\n")
    evals.write(
        "evals/s.yaml",
        "prompt: ../echo.prompt.md\ncases: [{id: a, input: 'yes', mustContain: 'yes'}]\n",
    )
    ended = evals.pytest("evals")
    assert (ended.code, ended.items) == (0, {"a": "passed", "gate": "passed"}), ended.out


def test_other_tests_run_beside_suites(evals: Project) -> None:
    evals.suite({"a": "yes"})
    evals.write("tests/test_it.py", "def test_it(): pass\n")
    ended = evals.pytest("tests", "evals")
    assert ended.items == {"test_it": "passed", "a": "passed", "gate": "passed"}


def test_pytest_gets_its_signal_handlers_back(evals: Project) -> None:
    evals.suite({"a": "yes"})
    evals.write(
        "tests/test_it.py",
        """
        import signal

        def test_it():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        """,
    )
    ended = evals.pytest("evals", "tests")
    assert ended.items == {"a": "passed", "gate": "passed", "test_it": "passed"}


def test_scripts_judge_in_pytest_too(evals: Project) -> None:
    evals.write("agentops.yaml", "allowScripts: true\n")
    evals.suite({"a": "yes"})
    script = "    assert: [{script: 'checks.py:f'}]\n"
    evals.write("evals/s.yaml", f"models: [replay/s.jsonl]\ncases:\n  - id: a\n{script}")
    evals.write("evals/checks.py", "def f(answer, context): return answer == 'yes'\n")
    assert evals.pytest("evals").items == {"a": "passed", "gate": "passed"}
    evals.write("evals/checks.py", "import nowhere\n")
    assert "evals/checks.py does not load: ModuleNotFoundError" in evals.pytest("evals").out


def test_a_run_that_cannot_be_kept_is_an_error_of_every_item(evals: Project) -> None:
    evals.suite({"a": "yes"})
    (evals.folder / ".agentops").symlink_to(evals.folder / "elsewhere")
    ended = evals.pytest("evals")
    assert ended.items == {"a": "error", "gate": "error"}
    assert "is a link\n  fix: remove the link" in ended.out
    assert "Traceback" not in ended.out


def test_a_run_is_kept_like_any_other(evals: Project) -> None:
    evals.suite({"a": "yes"})
    evals.pytest("evals")
    [log] = (evals.folder / ".agentops" / "runs").glob("*/trials.jsonl")
    assert '"caseId":"a"' in log.read_text()


def test_ctrl_c_reports_what_finished_and_ends_as_pytest_does(
    evals: Project, server: FaultyOpenAI
) -> None:
    done = "\n".join(f"  - {{id: c{n}, input: 'yes', mustContain: 'yes'}}" for n in range(3))
    evals.write("evals/a.yaml", f"prompt: ../echo.prompt.md\ncases:\n{done}\n")
    evals.write(
        "evals/b.yaml",
        "prompt: ../echo.prompt.md\nmodels: [openai/hang]\n"
        "cases: [{id: never, input: 'yes', mustContain: 'yes'}]\n",
    )
    process = subprocess.Popen(
        [*PYTEST, "-p", "no:asyncio", "evals", "-v"],
        cwd=evals.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        log = evals.folder / ".agentops" / "runs"
        while sum(len(path.read_text().splitlines()) for path in log.glob("*/*.jsonl")) < 3:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == pytest.ExitCode.INTERRUPTED, out
    assert out.count("PASSED") >= 3
    assert "KeyboardInterrupt" in out
    assert "evals/b.yaml::gate" not in out


def test_an_answer_cannot_move_the_cursor(evals: Project) -> None:
    evals.suite({"a": "no"})
    evals.write("evals/s.jsonl", '{"caseId": "a", "text": "\\u001b[2Jno"}\n')
    ended = evals.pytest("evals")
    assert ended.items["a"] == "failed"
    assert "\x1b[2J" not in ended.out
