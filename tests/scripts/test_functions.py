"""Functions of the user's: found before a run, called in a process of their own, never trusted."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from agentops_cli.assertions.verdict import CannotTell
from agentops_cli.errors import InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.scripts.functions import Functions

Write = Callable[[str, str], None]

FILE = "evals/checks.py"
NO_NUMBER = "invalid literal for int() with base 10: 'xxxxxxxxx'"
DEFINE = "write def f(answer, context):"
DOES_NOT_TAKE = "has 'f', which does not take an answer and a context"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")

    return write


@pytest.fixture
def functions(tmp_path: Path) -> Functions:
    return Functions(cwd=tmp_path, root=tmp_path, allowed=True)


def spec_of(target: str, *, suite: str = "evals/s.yaml") -> AssertionSpec:
    place = Location(path=suite, line=3, column=9)
    return AssertionSpec(kind="script", args={"value": target}, location=place)


def called(functions: Functions, target: str, answer: str = "", **context: Json) -> Json:
    return functions.find(spec_of(target))(answer, context)


def refused(functions: Functions, target: str) -> Finding:
    with pytest.raises(InputError) as caught:
        functions.find(spec_of(target))
    [finding] = caught.value.findings
    assert finding.location == Location(path="evals/s.yaml", line=3, column=9)
    return finding


def undecided(functions: Functions, target: str) -> str:
    with pytest.raises(CannotTell) as caught:
        called(functions, target)
    return str(caught.value)


def test_a_function_gets_the_answer_and_the_context_and_its_value_comes_back(
    functions: Functions, write: Write
) -> None:
    write("evals/checks.py", "def f(answer, context): return {'a': answer, 'c': context['n']}\n")
    answer = 'quotes " and \ud800 \u2028 \N{PARTY POPPER}\n'
    assert called(functions, "checks.py:f", answer, n=[1, None]) == {"a": answer, "c": [1, None]}


def test_nothing_is_imported_where_scripts_are_not_allowed(tmp_path: Path, write: Write) -> None:
    write("evals/checks.py", "open('imported', 'w')\ndef f(answer, context): return True\n")
    finding = refused(Functions(cwd=tmp_path, root=tmp_path, allowed=False), "checks.py:f")
    assert finding.message == "script: the configuration does not allow scripts"
    assert finding.fix is not None
    assert "allowScripts: true" in finding.fix
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (
            "import nothing_there",
            f"does not load: ModuleNotFoundError: No module named 'nothing_there' ({FILE}:1)",
            "mend the file",
        ),
        (
            "x = 1\n1 / 0",
            f"does not load: ZeroDivisionError: division by zero ({FILE}:2)",
            "mend the file",
        ),
        (
            "def f(:",
            f"does not load: SyntaxError: invalid syntax (checks.py, line 1) ({FILE}:1)",
            "mend the file",
        ),
        ("import sys\nsys.exit(0)", f"does not load: SystemExit: 0 ({FILE}:2)", "mend the file"),
        (
            "import os\nos._exit(7)",
            "ended the process that it ran in (exit code 7) when it was loaded",
            "mend the file",
        ),
        ("def ff(answer, context): pass", "has no function 'f'", "did you mean 'ff'?"),
        ("def x(answer, context): pass", "has no function 'f'", "its functions: x"),
        ("", "has no function 'f'", "its functions: none"),
        ("f = 3", "has 'f', which is no function", DEFINE),
        ("async def f(answer, context): pass", f"has 'f', which is async ({FILE}:1)", DEFINE),
        (
            "def f(answer): pass",
            f"{DOES_NOT_TAKE}: too many positional arguments ({FILE}:1)",
            DEFINE,
        ),
        (
            "\n\ndef f(a, b, c): pass",
            f"{DOES_NOT_TAKE}: missing a required argument: 'c' ({FILE}:3)",
            DEFINE,
        ),
    ],
)
def test_what_cannot_be_called_is_refused_before_the_run(
    functions: Functions, write: Write, text: str, message: str, fix: str
) -> None:
    write("evals/checks.py", text)
    finding = refused(functions, "checks.py:f")
    assert finding.message == f"script: {FILE} {message}"
    assert finding.fix == fix


def test_a_file_that_is_not_there_is_refused_with_its_nearest(
    functions: Functions, write: Write
) -> None:
    write("evals/checks.py", "")
    finding = refused(functions, "cheks.py:f")
    assert finding.message == "script: evals/cheks.py does not exist"
    assert finding.fix == "did you mean 'evals/checks.py'?"


@pytest.mark.parametrize(
    "text",
    [
        "f = lambda answer, context: True",
        "def f(*args): return True",
        "def f(answer, context, extra=1): return True",
        "class F:\n    def __call__(self, answer, context): return True\nf = F()",
        "import functools\ndef g(x, answer, context): return True\nf = functools.partial(g, 1)",
        "from helpers import f",
    ],
)
def test_whatever_takes_an_answer_and_a_context_will_do(
    functions: Functions, write: Write, text: str
) -> None:
    write("evals/checks.py", text)
    write("evals/helpers.py", "def f(answer, context): return True\n")
    assert called(functions, "checks.py:f") is True


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise ValueError('no')", f"raised ValueError: no ({FILE}:2)"),
        ("assert False", f"raised AssertionError ({FILE}:2)"),
        ("int('x' * 9)", f"raised ValueError: {NO_NUMBER} ({FILE}:2)"),
        ("raise SystemExit(0)", f"raised SystemExit: 0 ({FILE}:2)"),
        ("raise KeyboardInterrupt", f"raised KeyboardInterrupt ({FILE}:2)"),
        ("import os; os._exit(5)", "ended the process that it ran in (exit code 5)"),
        ("import os; os.kill(os.getpid(), 9)", "ended the process that it ran in (exit code -9)"),
        ("return {1, 2}", "returned a value of the type set, which is no JSON"),
        ("return lambda: 1", "returned a value of the type function, which is no JSON"),
        ("a = []; a.append(a); return a", "returned a value of the type list, which is no JSON"),
    ],
)
def test_a_function_that_goes_wrong_decides_nothing_and_says_where(
    functions: Functions, write: Write, body: str, why: str
) -> None:
    write("evals/checks.py", f"def f(answer, context):\n    {body}\ndef g(a, c): return True\n")
    assert undecided(functions, "checks.py:f") == f"{FILE}:f {why}"
    assert called(functions, "checks.py:g") is True, "the next call is none the worse for it"


@pytest.mark.parametrize(
    "body",
    [
        "import time; time.sleep(60)",
        "while True: pass",
        "import re; re.match('(a+)+$', 'a' * 40 + 'b')",  # Holds the interpreter's lock.
        "import signal; signal.pause()",
    ],
)
def test_a_function_that_does_not_come_back_is_given_up(
    tmp_path: Path, write: Write, body: str
) -> None:
    functions = Functions(cwd=tmp_path, root=tmp_path, allowed=True, limit_s=0.5)
    write("evals/checks.py", f"def f(answer, context):\n    {body}\ndef g(a, c): return True\n")
    assert undecided(functions, "checks.py:f") == "evals/checks.py:f took longer than 0.5 s"
    assert called(functions, "checks.py:g") is True


def test_what_a_function_prints_or_reads_is_not_taken_for_its_answer(
    functions: Functions, write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write(
        "evals/checks.py",
        """
        import os, sys, subprocess
        print('{"returned": true}')

        def f(answer, context):
            print('{"returned": true}', flush=True)
            os.write(1, b'{"returned": true}\\n')
            subprocess.run(["echo", '{"returned": true}'])
            return sys.stdin.read() == ""
        """,
    )
    assert called(functions, "checks.py:f") is True
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count('{"returned": true}') == 4


def test_a_file_is_loaded_once_for_all_who_name_it(
    tmp_path: Path, functions: Functions, write: Write
) -> None:
    loading = "open(__file__ + '.log', 'a').write('loaded ')\n"
    write("evals/checks.py", f"{loading}def f(a, c): return 1\ndef g(a, c): return 2\n")
    assert [called(functions, f"checks.py:{name}") for name in "fgf"] == [1, 2, 1]
    assert (tmp_path / "evals/checks.py.log").read_text() == "loaded "


def test_a_file_that_does_not_load_is_tried_once(
    tmp_path: Path, functions: Functions, write: Write
) -> None:
    write("evals/checks.py", "open(__file__ + '.log', 'a').write('tried ')\n1 / 0\n")
    for _ in range(3):
        refused(functions, "checks.py:f")
    assert (tmp_path / "evals/checks.py.log").read_text() == "tried "


def test_two_suites_with_files_of_one_name_do_not_meet(functions: Functions, write: Write) -> None:
    for folder in ("one", "two"):
        write(f"{folder}/checks.py", "import helpers\ndef f(a, c): return helpers.NAME\n")
        write(f"{folder}/helpers.py", f"NAME = {folder!r}\n")
    found = [
        functions.find(spec_of("checks.py:f", suite=f"{folder}/s.yaml"))("", {})
        for folder in ("one", "two", "one")
    ]
    assert found == ["one", "two", "one"]


def test_a_file_imports_from_beside_itself_beside_the_suite_and_from_the_root(
    functions: Functions, write: Write
) -> None:
    write(
        "shared/checks.py",
        """
        import beside, near, app.rules

        def f(answer, context):
            import lately
            return [beside.X, near.X, app.rules.X, lately.X]
        """,
    )
    for name in ("shared/beside.py", "evals/near.py", "app/rules.py", "evals/lately.py"):
        write(name, f"X = {name!r}\n")
    assert called(functions, "../shared/checks.py:f") == [
        "shared/beside.py", "evals/near.py", "app/rules.py", "evals/lately.py",
    ]  # fmt: skip


def test_a_file_may_be_called_like_a_module_of_pythons(functions: Functions, write: Write) -> None:
    write("evals/json.py", "def f(answer, context): return True\n")
    assert called(functions, "json.py:f") is True


def test_nothing_of_a_script_gets_into_our_process(functions: Functions, write: Write) -> None:
    write(
        "evals/checks.py",
        "import os, sys\nos.environ['LEFT'] = 'x'\nos.chdir('/')\n"
        "def f(answer, context): sys.path.insert(0, 'x'); return True\n",
    )
    folder, path = Path.cwd(), list(sys.path)
    assert called(functions, "checks.py:f") is True
    assert (Path.cwd(), sys.path) == (folder, path)
    assert "LEFT" not in os.environ
    assert "checks" not in sys.modules


def test_dataclasses_of_a_script_know_their_module(functions: Functions, write: Write) -> None:
    write(
        "evals/checks.py",
        """
        from __future__ import annotations
        import pickle
        from dataclasses import dataclass

        @dataclass
        class Point:
            x: int = 1

        def f(answer, context):
            return pickle.loads(pickle.dumps(Point())).x
        """,
    )
    assert called(functions, "checks.py:f") == 1


def test_a_process_ends_with_those_who_use_it(tmp_path: Path, write: Write) -> None:
    write("evals/checks.py", "import os\ndef f(answer, context): return os.getpid()\n")
    functions = Functions(cwd=tmp_path, root=tmp_path, allowed=True)
    pid = called(functions, "checks.py:f")
    assert isinstance(pid, int)
    os.kill(pid, 0)
    del functions
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_ends_with_a_program_that_is_killed(tmp_path: Path, write: Write) -> None:
    write("evals/checks.py", "def f(answer, context): return True\n")
    program = f"""
import os, signal
from pathlib import Path
from tests.scripts.test_functions import spec_of
from agentops_cli.scripts.functions import Functions
here = Path({str(tmp_path)!r})
functions = Functions(cwd=here, root=here, allowed=True)
assert functions.find(spec_of("checks.py:f"))("", {{}})
os.kill(os.getpid(), signal.SIGKILL)
"""
    # The process holds stderr, whose end is waited for.
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == -9, done.stderr


def test_ctrl_c_is_left_to_the_program(functions: Functions, write: Write) -> None:
    write(
        "evals/checks.py",
        "import os, signal\n"
        "def f(answer, context): os.kill(os.getpid(), signal.SIGINT); return True\n",
    )
    assert called(functions, "checks.py:f") is True
