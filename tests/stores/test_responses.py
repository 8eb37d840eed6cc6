import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agentops_cli.model.call import Finish
from agentops_cli.model.money import Usage
from agentops_cli.redact import Redact
from agentops_cli.stores.responses import NAME, Responses
from tests.builders import a_completion

ANSWER = a_completion('{"score": 1}\N{SNOWMAN}\ud800', finish=Finish.UNKNOWN)


@contextmanager
def opened(root: Path, *, most: int = 100, secrets: tuple[str, ...] = ()) -> Iterator[Responses]:
    with closing(Responses(root, Redact(secrets), most=most)) as responses:
        yield responses


def place(root: Path) -> Path:
    return root / ".agentops" / NAME


def test_an_answer_outlives_the_process_without_its_price(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        assert responses.get("key") is None
        responses.put("key", ANSWER)
    with opened(tmp_path) as responses:
        kept = responses.get("key")
        assert responses.get("other") is None
    assert kept is not None
    assert (kept.text, kept.finish, kept.model) == (ANSWER.text, ANSWER.finish, ANSWER.model)
    assert (kept.usage, kept.latency_s) == (ANSWER.usage, ANSWER.latency_s)
    assert kept.cost.usd == 0


@pytest.mark.parametrize(
    "usage",
    [
        None,
        Usage(input_tokens=9, output_tokens=7, cached_input_tokens=3, reasoning_tokens=2),
    ],
)
def test_its_tokens_are_kept_where_there_are_any(tmp_path: Path, usage: Usage | None) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", a_completion(usage=usage))
        kept = responses.get("key")
    assert kept is not None
    assert kept.usage == usage


def test_a_newer_answer_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", a_completion("old"))
        responses.put("key", a_completion("new"))
        kept = responses.get("key")
    assert kept is not None
    assert kept.text == "new"


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    with opened(tmp_path, most=3) as responses:
        for number in range(10):
            responses.put(str(number), a_completion(str(number)))
        there = [number for number in range(10) if responses.get(str(number))]
    assert there == [7, 8, 9]


@pytest.mark.parametrize("text", ["write to ann@acme.io", "the key is sk-very-secret-value"])
def test_what_must_not_leave_the_process_is_not_kept(tmp_path: Path, text: str) -> None:
    with opened(tmp_path, secrets=("sk-very-secret-value",)) as responses:
        responses.put("key", a_completion(text))
        assert responses.get("key") is None


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def _of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1500])


@pytest.mark.parametrize("broken", [_garbage, _of_another_version, _torn])
def test_a_broken_file_is_made_anew(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", ANSWER)
    broken(place(tmp_path))
    with opened(tmp_path) as responses:
        responses.get("key")
        responses.put("key", ANSWER)
        responses.put("key", ANSWER)
        assert responses.get("key") is not None


def test_what_another_version_wrote_is_not_read(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", ANSWER)
    _of_another_version(place(tmp_path))
    with opened(tmp_path) as responses:
        assert responses.get("key") is None


def test_a_file_that_breaks_while_it_is_open_costs_answers_and_no_run(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", ANSWER)
        for end in ("", "-wal"):
            path = place(tmp_path).with_name(f"{NAME}{end}")
            path.write_bytes(b"x" * path.stat().st_size)
        for _ in range(3):
            responses.put("key", ANSWER)
        assert responses.get("key") is not None


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"text": "x", "finish": "never"}'])
def test_a_row_that_cannot_be_read_is_none(tmp_path: Path, body: str) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", ANSWER)
        with closing(sqlite3.connect(place(tmp_path))) as database, database:
            database.execute("UPDATE answers SET body = ?", (body,))
        assert responses.get("key") is None


def test_where_nothing_can_be_kept_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / ".agentops").write_text("in the way")
    with opened(tmp_path) as responses:
        responses.put("key", ANSWER)
        assert responses.get("key") is None


@pytest.mark.parametrize("link", [".agentops", f".agentops/{NAME}"])
def test_a_link_is_not_followed(tmp_path: Path, link: str) -> None:
    victim, root = tmp_path / "victim", tmp_path / "project"
    victim.mkdir()
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(victim if link == ".agentops" else victim / "file")
    with opened(root) as responses:
        responses.put("key", ANSWER)
        assert responses.get("key") is None
    assert not list(victim.iterdir())


def test_a_lock_of_another_process_costs_an_answer_and_no_run(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        responses.put("key", ANSWER)
        with closing(sqlite3.connect(place(tmp_path), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            responses.put("late", ANSWER)
            assert responses.get("key") is not None
            other.execute("ROLLBACK")
        assert responses.get("late") is None
        responses.put("late", ANSWER)
        assert responses.get("late") is not None


WRITER = """
import sys
from pathlib import Path
from agentops_cli.redact import Redact
from agentops_cli.stores.responses import Responses
from tests.builders import a_completion
responses = Responses(Path(sys.argv[1]), Redact())
for number in range(50):
    responses.put(f"{sys.argv[2]}-{number}", a_completion(str(number)))
    assert responses.get(f"{sys.argv[2]}-{number}") is not None
responses.close()
"""


def test_several_processes_use_one_file(tmp_path: Path) -> None:
    root = str(Path(__file__).parent.parent.parent)
    with opened(tmp_path):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(tmp_path), str(name)],
                env={**os.environ, "PYTHONPATH": root},
            )
            for name in range(3)
        ]
        assert [writer.wait() for writer in writers] == [0, 0, 0]
    with opened(tmp_path) as responses:
        there = [responses.get(f"{name}-{n}") for name in range(3) for n in range(50)]
    assert all(there)
