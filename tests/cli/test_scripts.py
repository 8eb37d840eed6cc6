"""`script` assertions as users meet them."""

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

SUITE = """
    models: [replay/c.jsonl]
    cases:
      - {id: good, assert: [{script: "checks.py:polite"}]}
      - {id: bad, assert: [{script: "checks.py:polite"}]}
      - {id: broken, assert: [{kind: script, value: "checks.py:broken", args: {key: a}}]}
"""
CHECKS = """
    def polite(answer, context):
        return {"passed": "please" in answer, "reason": f"{context['caseId']} says please"}

    def broken(answer, context):
        return context["args"]["kee"]
"""
ANSWERS = "".join(
    f'{{"caseId": "{case}", "text": "{text}"}}\n'
    for case, text in (("good", "yes please"), ("bad", "now"), ("broken", ""))
)


def project(cli: Cli, *, allowed: bool) -> None:
    cli.write("agentops.yaml", "allowScripts: true\n" if allowed else "")
    cli.write("evals/s.yaml", SUITE)
    cli.write("evals/checks.py", CHECKS)
    cli.write("evals/c.jsonl", ANSWERS)


def test_a_function_decides_and_one_that_raises_is_an_errored_trial(cli: Cli) -> None:
    project(cli, allowed=True)
    ended = cli.run("eval", "evals/s.yaml", "--json", "r.json")
    assert ended.code is ExitCode.REJECTED
    outcomes = {case["id"]: case["outcome"] for case in cli.json()["suites"][0]["cases"]}
    assert outcomes == {"good": "passed", "bad": "failed", "broken": "errored"}
    assert "evals/s.yaml:4:24: script: bad says please" in ended.out
    assert (
        "script (abstains): cannot tell: evals/checks.py:broken raised KeyError: 'kee'"
        " (evals/checks.py:5)" in ended.out
    )


def test_scripts_that_nobody_allowed_are_input_errors_at_each_assertion(cli: Cli) -> None:
    project(cli, allowed=False)
    ended = cli.run("eval", "evals/s.yaml")
    assert ended.code is ExitCode.INPUT
    assert ended.err.count("script: the configuration does not allow scripts") == 3
    assert "evals/s.yaml:3:25  error" in ended.err
    assert "fix: set allowScripts: true in it" in ended.err


def test_all_that_is_wrong_with_scripts_is_told_at_once_before_any_call(cli: Cli) -> None:
    cli.write("agentops.yaml", "allowScripts: true\n")
    cli.write("checks.py", "import nowhere\n")
    cli.write(
        "s.yaml",
        """
        prompt: echo.prompt.md
        cases:
          - {id: a, input: x, assert: [{script: "checks.py:f"}, {script: "check.py:f"}]}
          - {id: b, input: x, assert: [{script: checks.py}]}
        """,
    )
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.INPUT
    assert "s.yaml:3:32  error  script: checks.py does not load: ModuleNotFoundError" in ended.err
    assert "(checks.py:1)" in ended.err
    assert "did you mean 'checks.py'?" in ended.err
    assert "s.yaml:4:32  error  'script' has not the right form" in ended.err
    assert "3 mistakes found; nothing was run or spent" in ended.err


def test_the_answers_of_functions_do_not_mix_with_results_on_stdout(cli: Cli) -> None:
    project(cli, allowed=True)
    cli.write("evals/checks.py", "print('{}')\ndef polite(a, c): print('{}'); return True\n")
    cli.write("evals/s.yaml", SUITE.replace(":broken", ":polite"))
    ended = cli.run("eval", "evals/s.yaml", "--format", "json")
    assert ended.code is ExitCode.OK
    assert ended.out.startswith('{"schema":')


def test_the_setting_must_be_true_or_false(cli: Cli) -> None:
    cli.write("agentops.yaml", "allowScripts: yes please\n")
    assert "'allowScripts' must be true or false" in cli.run("config", "show").err
    cli.write("agentops.yaml", "allowScripts: true\n")
    assert "allowScripts = true  (agentops.yaml:1)" in cli.run("config", "show").out
