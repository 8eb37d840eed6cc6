"""Assertions of other distributions, installed as pip installs them; the guide's own are tried."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.toml import parse_table
from tests.cli.conftest import PROMPT
from tests.servers.faulty_openai import FaultyOpenAI

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "write-an-assertion.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL))
POINTS = re.search(r'\[project\.entry-points\."agentops\.assertions"\]\n(.*?)```', GUIDE, re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A project, and a folder of installed distributions."""

    folder: Path
    site: Path

    def install(self, name: str, modules: Mapping[str, str], points: Mapping[str, str]) -> None:
        """Installs a distribution with entry points."""
        info = self.site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = "".join(f"{key} = {value}\n" for key, value in points.items())
        (info / "entry_points.txt").write_text(f"[agentops.assertions]\n{lines}")
        for module, text in modules.items():
            (self.site / module).write_text(text, encoding="utf-8")

    def suite(self, assertion: str, *, answer: str = "AC-100") -> None:
        """Writes a suite of one recorded answer."""
        (self.folder / "c.jsonl").write_text(f'{{"caseId": "a", "text": "{answer}"}}\n')
        (self.folder / "s.yaml").write_text(
            f"models: [replay/c.jsonl]\ncases: [{{id: a, assert: [{assertion}]}}]\n"
        )

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Runs agentops where the distributions are installed."""
        return subprocess.run(
            [sys.executable, "-m", "agentops_cli", *args],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(self.site), str(ROOT)))},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def environment(project: Path) -> Environment:
    return Environment(folder=project, site=project / "site")


@pytest.fixture
def acme(environment: Environment) -> Environment:
    """The distribution of the guide, installed."""
    assert POINTS
    points = dict(re.findall(r'(\w+) = "(.*)"', POINTS[1]))
    modules = {name: FILES[name] for name in ("acme_checks.py", "acme_tone.py")}
    environment.install("acme-checks", modules, points)
    return environment


@pytest.mark.parametrize(
    ("answer", "assertion", "code"),
    [
        ("AC-100 or AC-200", "partNumbers: 2", ExitCode.OK),
        ("AC-100", "partNumbers: 2", ExitCode.REJECTED),
        ("AC-100 or AC-300", "partNumbers: 1", ExitCode.REJECTED),
        ("AC-300", "kind: partNumbers, value: 1, not: true", ExitCode.OK),
        ("AC-100", "kind: partNumbers, value: 1, not: true", ExitCode.REJECTED),
    ],
)
def test_an_installed_assertion_judges_like_any_other(
    acme: Environment, answer: str, assertion: str, code: ExitCode
) -> None:
    acme.suite(f"{{{assertion}}}", answer=answer)
    done = acme.run("eval", "s.yaml")
    assert done.returncode == code, done.stdout + done.stderr
    if code is ExitCode.REJECTED:
        assert "partNumbers: " in done.stdout
        assert "s.yaml:2:26" in done.stdout


def test_its_arguments_are_checked_by_its_schema_before_the_run(acme: Environment) -> None:
    acme.suite("{partNumbers: 0}, {kind: partNumbers, least: 1}")
    done = acme.run("eval", "s.yaml")
    assert done.returncode == ExitCode.INPUT
    assert "s.yaml:2:26  error  'partNumbers' must be at least 1, not 0" in done.stderr
    assert "unknown key 'least'" in done.stderr


def test_its_docstring_is_its_explanation(acme: Environment) -> None:
    done = acme.run("explain", "partNumbers")
    assert done.returncode == 0
    assert "Every part number in the answer exists." in done.stdout
    assert "partNumbers" in acme.run("explain").stdout.split()


def test_its_arguments_are_part_of_the_schema_for_editors(acme: Environment) -> None:
    assert "the least number of parts" in acme.run("schema", "suite").stdout


def test_it_may_ask_the_judge_and_is_paid_for_by_the_suite(
    acme: Environment, server: FaultyOpenAI
) -> None:
    (acme.folder / "echo.prompt.md").write_text(PROMPT)
    (acme.folder / "s.yaml").write_text(
        "prompt: echo.prompt.md\njudge: {model: openai/ok}\n"
        "cases: [{id: a, input: hello, assert: [{toneOf: calm}]}]\n"
    )
    done = acme.run("eval", "s.yaml")
    asked = [str(seen.body["messages"]) for seen in server.requests]
    assert len(asked) == 2
    assert "Is this calm? Say yes or no." in asked[1]
    # The server repeats the question, which is neither yes nor no.
    assert done.returncode == ExitCode.UNREACHABLE, done.stdout
    assert "toneOf (abstains): asked whether it is calm, the model said" in done.stdout


def test_without_a_judge_what_needs_one_abstains(acme: Environment) -> None:
    acme.suite("{toneOf: calm}")
    done = acme.run("eval", "s.yaml")
    assert done.returncode != ExitCode.OK
    assert "there is no judge" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        ("raise RuntimeError('boom')", "does not load: RuntimeError: boom"),
        ("import nothing_there", "does not load: ModuleNotFoundError"),
        ("X = 1", "does not load: AttributeError"),
        ("class Bad:\n    def __init__(self, spec): pass", "is broken: AttributeError"),
        ("Bad = 3", "is broken: AttributeError"),
        (
            "class Bad:\n    schema = {'type': 'object'}\n    def __init__(self): pass",
            "is broken: TypeError",
        ),
        (
            "class Bad:\n    schema = {'type': 'object'}\n    def __init__(self, spec): 1 / 0",
            "is broken: ZeroDivisionError",
        ),
        ("class Bad:\n    schema = {'type': 'objekt'}\n    def __init__(self, s): pass", "broken"),
        ("import sys\nsys.exit(0)", "does not load: SystemExit: 0"),
        (
            "class Bad:\n    schema = {'type': 'object'}\n    def __init__(self, s): exit(0)",
            "is broken: SystemExit: 0 (",
        ),
        (
            "class Bad:\n    schema = {'type': 'object'}\n    def __init__(self, s): pass",
            "is broken: TypeError: it has no method 'check'",
        ),
        (
            (
                "class Bad:\n    schema = {'type': 'object'}\n    def __init__(self, s): pass\n"
                "    async def check(self, evidence): pass"
            ),
            "is broken: TypeError: its 'check' is async",
        ),
    ],
)
@pytest.mark.parametrize("assertion", ["{bad: 1}", "{bad: {x: 1}}", "{kind: bad}"])
def test_a_broken_plugin_is_an_input_error_of_who_names_it(
    environment: Environment, module: str, problem: str, assertion: str
) -> None:
    environment.install("bad-plugin", {"bad_plugin.py": module}, {"bad": "bad_plugin:Bad"})
    environment.suite(assertion)
    done = environment.run("eval", "s.yaml")
    assert done.returncode == ExitCode.INPUT, done.stderr
    assert "s.yaml:2:26  error  assertion 'bad'" in done.stderr
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    environment.suite("{contains: AC}")
    assert environment.run("eval", "s.yaml").returncode == ExitCode.OK, "who does not is not hurt"


@pytest.mark.parametrize("name", ["contains", "twice", "script"])
def test_a_name_that_is_taken_is_an_input_error_that_names_both(
    environment: Environment, name: str
) -> None:
    module = "class Good:\n    schema = {'type': 'object'}\n    def __init__(self, spec): pass"
    environment.install("first-plugin", {"first.py": module}, {name: "first:Good"})
    environment.install("second-plugin", {"second.py": module}, {"twice": "second:Good"})
    environment.suite(f"{{kind: {name}, value: x}}")
    done = environment.run("eval", "s.yaml")
    assert done.returncode == ExitCode.INPUT
    other = "second-plugin" if name == "twice" else "agentops-cli"
    owners = " and ".join(sorted(("first-plugin", other)))
    assert f"assertion {name!r} is claimed by {owners}" in done.stderr


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return True", "returned True, which is neither Verdict nor Ask"),
        ("return None", "returned None, which is neither Verdict nor Ask"),
        ("raise ValueError('x')", "raised ValueError: x ({site}/odd.py:10)"),
        ("sys.exit(0)", "raised SystemExit: 0 ({site}/odd.py:10)"),
        ("raise BaseException", "raised BaseException ({site}/odd.py:10)"),
        ("return verdict(1)", "returned a verdict whose 'passed' is 1"),
        ("return verdict(True)", "returned a verdict that gives no reason"),
    ],
)
def test_a_plugin_that_gives_no_verdict_leaves_the_trial_errored(
    environment: Environment, body: str, said: str
) -> None:
    module = f"""import sys
from agentops_cli.model.call import Verdict

def verdict(passed):
    return Verdict(kind="odd", passed=passed, reason="", score=1.0)

class Odd:
    schema = {{"type": "object"}}
    def __init__(self, spec): pass
    def check(self, evidence): {body}
"""
    environment.install("odd-plugin", {"odd.py": module}, {"odd": "odd:Odd"})
    environment.suite("{odd: 1}")
    done = environment.run("eval", "s.yaml", "--json", "r.json")
    assert done.returncode == ExitCode.UNREACHABLE, done.stdout
    [case] = json.loads((environment.folder / "r.json").read_text())["suites"][0]["cases"]
    [trial] = case["trials"]
    told = f"the assertion 'odd' {said.format(site=environment.site)}"
    assert trial["fault"]["message"].startswith(told)


def test_the_script_of_the_guide_works(environment: Environment) -> None:
    for name in ("agentops.yaml", "evals/checks.py"):
        (environment.folder / name).parent.mkdir(exist_ok=True)
        (environment.folder / name).write_text(FILES[name])
    suite = FILES["evals/invoices.yaml"].replace(
        "prompt: ../prompts/invoice.prompt.md", "models: [replay/c.jsonl]"
    )
    (environment.folder / "evals/s.yaml").write_text(suite)
    for total, code in (("115.00", ExitCode.OK), ("114.00", ExitCode.REJECTED)):
        answer = f'{{"caseId": "two-items", "text": "12.50, 12.50, 90.00, in all {total}"}}\n'
        (environment.folder / "evals/c.jsonl").write_text(answer)
        done = environment.run("eval", "evals/s.yaml")
        assert done.returncode == code, done.stdout + done.stderr
    assert "the parts make 115.00, the total is 114.00" in done.stdout


def test_the_entry_points_of_the_guide_are_valid_toml() -> None:
    [toml] = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    table = parse_table(toml, ("project", "entry-points", "agentops.assertions"), path="x")
    assert table is not None
    assert set(table.data) == {"partNumbers", "toneOf"}  # type: ignore[arg-type] # A table.
