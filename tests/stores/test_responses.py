"""The answers that a run keeps and takes: what comes back, what goes, and what is never kept."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.model.call import Completion, Finish, Purpose, Request, Tags
from agentops_cli.model.money import Usage
from agentops_cli.model.prints import prints_of
from agentops_cli.model.prompt import Message
from agentops_cli.redact import Redact
from agentops_cli.stores.answer_rows import Kept
from agentops_cli.stores.answers import NAME, Answers
from agentops_cli.stores.claims import NAME as LOCK
from agentops_cli.stores.responses import Responses
from tests.builders import a_completion, a_request, a_tool_call

ANSWER = a_completion('{"score": 1}\N{SNOWMAN}\ud800', finish=Finish.UNKNOWN)
DAY_S = 86_400
MB = 1024 * 1024


class Clock:
    """Seconds since 1970, as a test wants them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def asked(text: str, **changes: Any) -> Request:
    """A request of its own fingerprint for each text."""
    return a_request(messages=(Message(role="user", content=text),), **changes)


@contextmanager
def opened(
    folder: Path,
    *,
    secrets: tuple[str, ...] = (),
    most_bytes: int = 100 * MB,
    most_days: float = 30,
    clock: Clock | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Responses]:
    with closing(
        Responses(
            folder,
            Redact(secrets),
            most_bytes=most_bytes,
            most_days=most_days,
            now=clock or Clock(),
            tell=tell,
        )
    ) as responses:
        yield responses


def put(responses: Responses, text: str, completion: Completion = ANSWER) -> None:
    """Keeps an answer to a text."""
    request = asked(text)
    responses.put(request.fingerprint(), completion, request)


def get(responses: Responses, text: str) -> Completion | None:
    """What is kept as an answer to a text."""
    return responses.get(asked(text).fingerprint())


def rows(folder: Path) -> list[Kept]:
    """What is in the file, in the order in which it was asked for."""
    with closing(Answers(folder, wait_s=1)) as answers:
        return sorted(answers.said(), key=lambda kept: kept.made_at)


def test_an_answer_outlives_the_process_without_its_price(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        assert get(responses, "a") is None
        put(responses, "a")
    with opened(tmp_path) as responses:
        kept = get(responses, "a")
        assert get(responses, "b") is None
    assert kept is not None
    assert (kept.text, kept.finish, kept.model) == (ANSWER.text, ANSWER.finish, ANSWER.model)
    assert (kept.usage, kept.latency_s) == (ANSWER.usage, ANSWER.latency_s)
    assert kept.cost.usd == 0


@pytest.mark.parametrize(
    "usage",
    [None, Usage(input_tokens=9, output_tokens=7, cached_input_tokens=3, reasoning_tokens=2)],
)
def test_its_tokens_are_kept_where_there_are_any(tmp_path: Path, usage: Usage | None) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a", a_completion(usage=usage))
    with opened(tmp_path) as responses:
        kept = get(responses, "a")
    assert kept is not None
    assert kept.usage == usage


def test_the_tools_that_it_calls_are_kept(tmp_path: Path) -> None:
    calls = (a_tool_call(), a_tool_call("get_user", arguments="{not json"))
    with opened(tmp_path) as responses:
        put(responses, "a", a_completion("", tool_calls=calls, finish=Finish.TOOL))
    with opened(tmp_path) as responses:
        kept = get(responses, "a")
    assert kept is not None
    assert (kept.tool_calls, kept.finish) == (calls, Finish.TOOL)


def test_who_asked_for_it_first_is_kept_beside_it(tmp_path: Path) -> None:
    clock = Clock()
    request = asked("a", repeat=1, turn=2, step=3, purpose=Purpose.JUDGE)
    tagged = asked("b", tags=Tags(suite="evals/s.yaml", case_id="c"))
    with closing(
        Responses(
            tmp_path,
            Redact(),
            most_bytes=MB,
            most_days=1,
            now=clock,
            name_of=lambda suite: f"pkg/{suite}",
        )
    ) as responses:
        responses.put(request.fingerprint(), ANSWER, request)
        clock.now += 7
        responses.put(tagged.fingerprint(), ANSWER, tagged)
    one, other = rows(tmp_path)
    assert one.key == request.fingerprint()
    assert (one.model, one.purpose, one.repeat, one.turn, one.step) == (
        *(request.model, Purpose.JUDGE),
        *(1, 2, 3),
    )
    assert (one.suite, one.case_id, one.made_at) == (None, None, 1_800_000_000)
    assert (other.suite, other.case_id, other.made_at) == ("pkg/evals/s.yaml", "c", 1_800_000_007)
    assert other.prints == prints_of(tagged)


def test_a_newer_answer_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a", a_completion("old"))
        put(responses, "a", a_completion("new"))
    [kept] = rows(tmp_path)
    assert kept.completion.text == "new"


def test_another_fingerprint_with_the_same_beginning_is_another_question(tmp_path: Path) -> None:
    one, other = "a" * 64, "a" * 63 + "b"
    with opened(tmp_path) as responses:
        responses.put(one, ANSWER, asked("a"))
        assert responses.get(other) is None
        assert responses.get(one) is not None


@pytest.mark.parametrize("text", ["write to ann@acme.io", "the key is sk-very-secret-value"])
def test_what_must_not_leave_the_process_is_not_kept(tmp_path: Path, text: str) -> None:
    inside = (a_tool_call(arguments=f'{{"to": "{text}"}}'),)
    with opened(tmp_path, secrets=("sk-very-secret-value",)) as responses:
        put(responses, "a", a_completion(text))
        put(responses, "b", a_completion("ok", tool_calls=inside))
        assert get(responses, "a") is get(responses, "b") is None
    assert rows(tmp_path) == []
    assert text.encode() not in (tmp_path / NAME).read_bytes()


def test_what_is_too_old_is_not_given_and_goes_with_the_next_that_is_kept(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, most_days=7, clock=clock) as responses:
        put(responses, "old")
        clock.now += DAY_S
        put(responses, "young")
    clock.now += 6 * DAY_S + 1
    with opened(tmp_path, most_days=7, clock=clock) as responses:
        assert get(responses, "old") is None
        assert get(responses, "young") is not None
    assert len(rows(tmp_path)) == 2
    with opened(tmp_path, most_days=7, clock=clock) as responses:
        put(responses, "new")
    assert len(rows(tmp_path)) == 2


def test_beyond_the_limit_those_go_that_were_not_used_for_longest(tmp_path: Path) -> None:
    clock, body = Clock(), a_completion("x" * 100_000)
    with opened(tmp_path, clock=clock) as responses:
        for number in range(8):
            put(responses, str(number), body)
            clock.now += 1
    clock.now += DAY_S
    with opened(tmp_path, clock=clock) as responses:
        assert get(responses, "0") is not None
        assert get(responses, "2") is not None
    with opened(tmp_path, most_bytes=720_000, clock=clock) as responses:
        put(responses, "8", body)
    with opened(tmp_path, clock=clock) as responses:
        there = [n for n in range(9) if get(responses, str(n))]
    assert there == [0, 2, 5, 6, 7, 8]


def test_the_file_does_not_outgrow_its_limit_while_a_run_writes(tmp_path: Path) -> None:
    with opened(tmp_path, most_bytes=MB) as responses:
        for number in range(200):
            put(responses, str(number), a_completion("x" * 40_000))
            assert (tmp_path / NAME).stat().st_size < 1.5 * MB
    assert 20 <= len(rows(tmp_path)) <= 26


def test_a_hit_writes_nothing_unless_the_last_use_is_long_ago(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock=clock) as responses:
        put(responses, "a")
    before = (tmp_path / NAME).read_bytes()
    clock.now += 600
    with opened(tmp_path, clock=clock) as responses:
        assert get(responses, "a") is not None
    assert (tmp_path / NAME).read_bytes() == before
    clock.now += DAY_S
    with opened(tmp_path, clock=clock) as responses:
        assert get(responses, "a") is not None
    assert (tmp_path / NAME).read_bytes() != before


def test_when_it_is_closed_everything_is_in_one_file(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
        assert (tmp_path / f"{NAME}-wal").stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, LOCK]


def test_what_another_process_has_open_is_folded_in_too(tmp_path: Path) -> None:
    with opened(tmp_path) as other, opened(tmp_path) as responses:
        put(responses, "a")
        responses.close()
        saved = tmp_path / "saved"
        saved.mkdir()
        (saved / NAME).write_bytes((tmp_path / NAME).read_bytes())
        assert get(other, "a") is not None
    assert len(rows(saved)) == 1


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def _of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")


def _with_a_table_whose_name_is_no_text(path: Path) -> None:
    raw = path.read_bytes().replace(b"answersanswers", b"\xff\xff\xffwersanswers")
    path.write_bytes(raw.replace(b"CREATE TABLE answers", b"CREATE TABEL answers"))


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1500])


@pytest.mark.parametrize(
    "broken", [_garbage, _of_another_version, _torn, _with_a_table_whose_name_is_no_text]
)
def test_a_broken_file_is_made_anew(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
    broken(tmp_path / NAME)
    told: list[str] = []
    with opened(tmp_path, tell=told.append) as responses:
        get(responses, "a")
        put(responses, "b")
        put(responses, "c")
    assert {kept.key for kept in rows(tmp_path)} >= {asked(text).fingerprint() for text in "bc"}
    [words] = told
    assert words.startswith(f"{tmp_path / NAME} ")


ENDLESS = """
    CREATE VIEW answers AS
    WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)
    SELECT n AS number, '' key, '' model, '' purpose, '' suite, '' case_id, 0 repeat, 0 turn,
        0 step, '' prints, 0 made_at, 0 bytes, 0 used_at FROM r;
    """
NOT_OURS = {
    "a table that is gone": "DROP TABLE answers",
    "the other one": "DROP TABLE bodies",
    "a view without an end": "DROP TABLE answers;" + ENDLESS,
    "a view for bodies": "DROP TABLE bodies; CREATE VIEW bodies AS SELECT * FROM answers",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON answers BEGIN DELETE FROM answers; END",
    "one table more": "CREATE TABLE more (x)",
    "an index": "CREATE INDEX i ON answers (model)",
    "a column more": "ALTER TABLE answers ADD COLUMN more",
    "other columns": "DROP TABLE answers; CREATE TABLE answers (number INTEGER PRIMARY KEY)",
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_a_file_with_other_tables_is_not_read_and_made_anew(tmp_path: Path, what: str) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
    with closing(sqlite3.connect(tmp_path / NAME)) as database:
        database.executescript(NOT_OURS[what])
    told: list[str] = []
    with opened(tmp_path, tell=told.append) as responses:
        assert get(responses, "a") is None
        put(responses, "b")
    assert told == [
        f"{tmp_path / NAME} is made anew: it is damaged, or another program's or version's"
    ]
    assert [kept.key for kept in rows(tmp_path)] == [asked("b").fingerprint()]


def test_what_another_version_wrote_is_not_read(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
    _of_another_version(tmp_path / NAME)
    with opened(tmp_path) as responses:
        assert get(responses, "a") is None


def test_a_file_that_breaks_while_it_is_open_costs_answers_and_no_run(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
        for end in ("", "-wal"):
            path = tmp_path / f"{NAME}{end}"
            path.write_bytes(b"x" * path.stat().st_size)
        for text in "bcd":
            put(responses, text)
            get(responses, text)
    with opened(tmp_path) as responses:
        put(responses, "e")
        assert get(responses, "e") is not None


DAMAGE = {
    "a time that is none": "UPDATE answers SET made_at = 'zz'",
    "bytes for prints": "UPDATE answers SET prints = X'00ff'",
    "no purpose": "UPDATE answers SET purpose = 'x'",
    "bytes for a model": "UPDATE answers SET model = X'ff'",
    "a size that is none": "UPDATE answers SET bytes = 'zz', used_at = 'zz'",
    "no Unicode": "UPDATE bodies SET body = CAST(X'ff5b' AS TEXT)",
    "another answer": "UPDATE bodies SET body = replace(body, 'score', 'skore')",
    "nothing": "UPDATE bodies SET body = ''",
    "nested deep": "UPDATE bodies SET body = replace(hex(zeroblob(5000)), '0', '[')",
    "no body": "DELETE FROM bodies",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_answer_is_a_miss_that_is_told_once_and_replaced(
    tmp_path: Path, what: str
) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
        put(responses, "b")
    with closing(sqlite3.connect(tmp_path / NAME)) as database, database:
        database.execute(DAMAGE[what])
    told: list[str] = []
    with opened(tmp_path, tell=told.append) as responses:
        assert get(responses, "a") is get(responses, "b") is None
        put(responses, "a")
        assert get(responses, "a") is not None
    assert told == [f"{tmp_path / NAME} holds answers that are damaged: they are asked for anew"]
    assert [kept.key for kept in rows(tmp_path)] == [asked("a").fingerprint()]


def _written_past_the_schema(path: Path, statement: str, value: object) -> None:
    """A change that SQLite would refuse, as damaged pages have it."""
    rewrite = "UPDATE sqlite_master SET sql = ? WHERE name = 'answers'"
    with closing(sqlite3.connect(path)) as database, database:
        [ours] = database.execute("SELECT sql FROM sqlite_master").fetchone()
        database.execute("PRAGMA writable_schema = ON")
        database.execute(rewrite, (ours.replace(" NOT NULL", ""),))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, (value,))
        database.execute("PRAGMA writable_schema = ON")
        database.execute(rewrite, (ours,))


@pytest.mark.parametrize("value", ["zz", b"\xff", None, -1, 0.5])
def test_what_is_damaged_goes_when_there_is_too_much(tmp_path: Path, value: object) -> None:
    body = a_completion("x" * 100_000)
    with opened(tmp_path) as responses:
        for number in range(8):
            put(responses, str(number), body)
    statement = "UPDATE answers SET made_at = ?1, bytes = ?1, used_at = ?1"
    _written_past_the_schema(tmp_path / NAME, statement, value)
    with opened(tmp_path, most_bytes=500_000) as responses:
        put(responses, "8", body)
    assert [kept.key for kept in rows(tmp_path)] == [asked("8").fingerprint()]


def test_pages_that_lead_round_in_circles_have_an_end(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        for number in range(60):
            put(responses, str(number))
    with closing(sqlite3.connect(tmp_path / NAME)) as database:
        [root] = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'answers'"
        ).fetchone()
    raw = bytearray((tmp_path / NAME).read_bytes())
    page = (root - 1) * 4096
    places = [page + int.from_bytes(raw[page + at : page + at + 2], "big") for at in (12, 14)]
    assert raw[page] == 5, "not a page that has others below it"
    first, second = (slice(place, place + 4) for place in places)
    raw[second] = raw[first]
    (tmp_path / NAME).write_bytes(raw)
    with closing(Answers(tmp_path, wait_s=1)) as answers:
        for read in (answers.asked, answers.said):
            with pytest.raises(sqlite3.DatabaseError, match="not in order"):
                list(read())
        with pytest.raises(sqlite3.DatabaseError, match="not in order"):
            answers.clear(lambda _: True)
        with pytest.raises(sqlite3.DatabaseError, match="not in order"):
            answers.make_room(most_bytes=1, made_since=0)


def test_where_nothing_can_be_kept_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with opened(tmp_path) as responses:
        assert not responses.is_usable
        put(responses, "a")
        assert get(responses, "a") is None
        assert responses.claim(asked("a").fingerprint())


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_opened(
    tmp_path: Path, end: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / f"{NAME}{end}")
    with opened(tmp_path) as responses:
        assert not responses.is_usable


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path, end: str) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "cache"
    folder.mkdir()
    victim.write_bytes(b"mine")
    (folder / f"{NAME}{end}").symlink_to(victim)
    with opened(folder) as responses:
        assert not responses.is_usable
        put(responses, "a")
    assert victim.read_bytes() == b"mine"


def test_a_link_in_place_of_the_lock_costs_the_claims_only(tmp_path: Path) -> None:
    (tmp_path / LOCK).symlink_to(tmp_path / "elsewhere")
    with opened(tmp_path) as responses:
        assert responses.claim(asked("a").fingerprint())
        put(responses, "a")
        responses.release(asked("a").fingerprint())
        assert get(responses, "a") is not None
    assert not (tmp_path / "elsewhere").exists()


def test_what_another_process_keeps_from_being_written_is_tried_again(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        put(responses, "a")
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            put(responses, "late")
            put(responses, "later")
            assert get(responses, "a") is not None
            assert get(responses, "late") is not None
            other.execute("ROLLBACK")
        assert len(rows(tmp_path)) == 1
        put(responses, "last")
        assert len(rows(tmp_path)) == 4


def test_what_waits_is_written_when_it_is_closed(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            put(responses, "late")
            other.execute("ROLLBACK")
        assert rows(tmp_path) == []
    assert len(rows(tmp_path)) == 1


def test_closing_it_waits_for_another_process_once_more(tmp_path: Path) -> None:
    with opened(tmp_path) as responses, closing(sqlite3.connect(
        tmp_path / NAME, isolation_level=None, check_same_thread=False
    )) as other:  # fmt: skip
        other.execute("BEGIN IMMEDIATE")
        put(responses, "late")
        release = threading.Timer(0.2, other.execute, ["ROLLBACK"])
        release.start()
        responses.close()
        release.join()
    assert len(rows(tmp_path)) == 1


def test_in_memory_waits_no_more_than_a_handful(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for number in range(150):
                put(responses, str(number))
            other.execute("ROLLBACK")
        put(responses, "last")
    assert len(rows(tmp_path)) == 101


def test_a_name_that_is_no_unicode_is_no_reason_to_fail(tmp_path: Path) -> None:
    request = asked("a", tags=Tags(suite="s\udce9.yaml", case_id="\ud800"), model="m/\udce9")
    with opened(tmp_path) as responses:
        responses.put(request.fingerprint(), ANSWER, request)
        assert responses.get(request.fingerprint()) is not None
    [kept] = rows(tmp_path)
    assert (kept.suite, kept.case_id, kept.model) == ("s\\udce9.yaml", "\\ud800", "m/\\udce9")


def test_only_the_first_put_waits_for_a_lock_that_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as responses:
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            for number in range(50):
                put(responses, str(number))
            took_s = time.monotonic() - started
            other.execute("ROLLBACK")
        assert 0.4 < took_s < 5  # Each of them waiting would take 25 s.
        put(responses, "last")
        assert len(rows(tmp_path)) == 51
        with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            put(responses, "again")
            took_s = time.monotonic() - started
            other.execute("ROLLBACK")
        assert took_s > 0.4  # Having got through, it waits again.


IN_ANOTHER_PROCESS = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}

WRITER = """
import sys
from pathlib import Path
from tests.stores.test_responses import get, opened, put
with opened(Path(sys.argv[1])) as responses:
    for number in range(200):
        put(responses, f"{sys.argv[2]}-{number}")
        assert get(responses, f"{sys.argv[2]}-{number}") is not None
"""


def test_several_processes_use_one_file_from_its_beginning(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, str(name)], env=IN_ANOTHER_PROCESS) for name in range(4)]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    with opened(tmp_path) as responses:
        assert all(get(responses, f"{name}-{n}") for name in range(4) for n in range(200))
    assert not (tmp_path / f"{NAME}-wal").exists()


HOLDER = """
import sys
from pathlib import Path
from tests.stores.test_responses import asked, opened
with opened(Path(sys.argv[1])) as responses:
    for text in ("a", "b"):
        assert responses.claim(asked(text).fingerprint())
    responses.release(asked("b").fingerprint())
    print("claimed", flush=True)
    sys.stdin.read()
"""


def test_a_question_is_anothers_until_it_is_given_back_or_the_process_dies(tmp_path: Path) -> None:
    keys = [asked(text).fingerprint() for text in "abc"]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env=IN_ANOTHER_PROCESS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"claimed\n"
        with opened(tmp_path) as responses:
            assert [responses.claim(key) for key in keys] == [False, True, True]
            holder.kill()
            holder.wait()
            assert responses.claim(keys[0])


def test_a_process_that_is_killed_leaves_what_it_kept(tmp_path: Path) -> None:
    program = WRITER.replace("range(200)", "range(10)") + "    import os; os.kill(os.getpid(), 9)"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), "x"], env=IN_ANOTHER_PROCESS, check=False
    )
    assert done.returncode == -9
    with opened(tmp_path) as responses:
        assert all(get(responses, f"x-{n}") for n in range(10))
