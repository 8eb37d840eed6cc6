"""The house rules of the tests are kept: no network, and in CI no test that quietly skips."""

import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


SKIPPING = (
    "def test_it():\n    pytest.skip('absent')",
    "@pytest.mark.skipif(True, reason='absent')\ndef test_it():\n    pass",
    "@pytest.fixture\ndef part():\n    pytest.skip('absent')\ndef test_it(part):\n    pass",
    "pytest.skip('absent', allow_module_level=True)",
    "pytest.importorskip('no_such_module_absent')",
)
XFAILING = "@pytest.mark.xfail\ndef test_it():\n    raise ValueError"


def run(folder: Path, *flags: str) -> str:
    """The last line that pytest prints on one file for each way of skipping, and an xfail."""
    for number, test in enumerate((*SKIPPING, XFAILING)):
        file = folder / f"test_{number}.py"
        file.write_text(f"import pytest\n{test}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", *flags],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()[-1]


def test_a_skip_is_told_where_it_is_allowed(tmp_path: Path) -> None:
    assert " 5 skipped, 1 xfailed " in run(tmp_path)


def test_a_skip_of_any_kind_fails_where_none_is_allowed(tmp_path: Path) -> None:
    last = run(tmp_path, "--no-skips", "--continue-on-collection-errors")
    assert " 1 failed, 1 xfailed, 4 errors " in last


def test_a_test_cannot_reach_another_machine() -> None:
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception):
        sock.connect(("192.0.2.1", 80))


def test_names_of_other_machines_are_unknown() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.com", 443)
    assert socket.getaddrinfo("localhost", 80)


def test_nothing_from_outside_steers_a_run() -> None:
    assert not [name for name in os.environ if name.startswith(("AGENTOPS_", "OPENAI_"))]
    assert Path.home() != Path(pwd.getpwuid(os.getuid()).pw_dir)
