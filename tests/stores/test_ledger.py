import json
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError, StoreError
from agentops_cli.model.call import Tags
from agentops_cli.model.money import Amount
from agentops_cli.model.spending import Spent
from agentops_cli.stores.ledger import Ledger, begin_ledger, demand_ledger, spent_of

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MOST = Amount(usd=Decimal("0.0021"), calls=1, tokens=812)
USED = Amount(usd=Decimal("0.0004"), calls=1, tokens=97)
SOMEBODY = Tags(suite="evals/s.yaml", case_id="wish\u2028list \ud83d", model="openai/gpt-4o")


class Now:
    """A clock that is a second later at each look."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "ledger.jsonl"


def spent(path: Path, *, after_s: float = 60) -> list[Spent]:
    return list(spent_of(path, now=START + timedelta(seconds=after_s)))


def test_a_line_is_there_before_the_call_and_one_after_it(path: Path) -> None:
    with Ledger(path, now=Now()) as ledger:
        number = ledger.reserve(MOST, who=SOMEBODY, model="openai/judge")
        [first] = map(json.loads, path.read_text("ascii").splitlines())
        ledger.settle(number, USED)
        [_, second] = map(json.loads, path.read_text("ascii").splitlines())
    assert first == {
        "call": 0,
        "at": START.timestamp() + 1,
        "most": {"usd": "0.0021", "calls": 1, "tokens": 812},
        "suite": SOMEBODY.suite,
        "case": SOMEBODY.case_id,
        "subject": SOMEBODY.model,
        "model": "openai/judge",
    }
    assert second == {
        "call": 0,
        "at": START.timestamp() + 2,
        "spent": {"usd": "0.0004", "calls": 1, "tokens": 97},
    }


def test_what_was_settled_is_read_back_with_who_asked_and_how_long_ago(path: Path) -> None:
    with Ledger(path, now=Now()) as ledger:
        ledger.settle(ledger.reserve(MOST, who=SOMEBODY, model=None), USED)
        ledger.settle(ledger.reserve(MOST, who=None, model="m"), USED)
    assert spent(path) == [
        Spent(amount=USED, who=SOMEBODY, age_s=58),
        Spent(amount=USED, who=None, age_s=56),
    ]


def test_what_was_never_settled_counts_in_full_at_the_last_moment_that_is_known(
    path: Path,
) -> None:
    with Ledger(path, now=Now()) as ledger:
        ledger.reserve(MOST, who=SOMEBODY, model="m")
        settled = ledger.reserve(MOST, who=SOMEBODY, model="m")
        ledger.settle(settled, USED)
    assert spent(path) == [
        Spent(amount=USED, who=SOMEBODY, age_s=57),
        Spent(amount=MOST, who=SOMEBODY, age_s=57, lost=True),
    ]


def test_a_run_that_goes_on_adds_to_what_is_there(path: Path) -> None:
    with Ledger(path, now=Now()) as ledger:
        ledger.reserve(MOST, who=SOMEBODY, model="m")
    with Ledger(path, now=Now()) as ledger:
        ledger.settle(ledger.reserve(MOST, who=SOMEBODY, model="m"), USED)
    assert [(one.amount, one.lost) for one in spent(path)] == [(USED, False), (MOST, True)]


def test_a_ledger_that_is_not_there_says_nothing(path: Path) -> None:
    assert spent(path) == []


def test_clocks_that_went_back_make_nothing_younger_than_now(path: Path) -> None:
    with Ledger(path, now=Now()) as ledger:
        ledger.settle(ledger.reserve(MOST, who=None, model=None), USED)
    assert spent(path, after_s=-3600)[0].age_s == 0


@given(st.integers(0, 400))
def test_wherever_a_process_was_killed_nothing_that_was_spent_is_forgotten(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "ledger.jsonl"
    with Ledger(path, now=Now()) as ledger:
        for _ in range(2):
            ledger.settle(ledger.reserve(MOST, who=None, model="m"), USED)
    whole = path.read_bytes()
    path.write_bytes(whole[:size])
    lines = whole[:size].count(b"\n")
    # A promise was acted upon once its line was whole; it is then worth what is known of it.
    expected = {0: [], 1: [MOST], 2: [USED], 3: [USED, MOST], 4: [USED, USED]}[lines]
    assert [one.amount for one in spent(path)] == expected
    with Ledger(path, now=Now()) as ledger:
        ledger.settle(ledger.reserve(MOST, who=None, model="m"), USED)
    assert sorted(str(one.amount.usd) for one in spent(path)) == sorted(
        str(amount.usd) for amount in [*expected, USED]
    )


def a_promise(**changes: object) -> str:
    """The first entry of a ledger with one of its values, or one of its amount's, changed."""
    amount = {"usd": "1", "calls": 1, "tokens": 1}
    of_amount = {key: value for key, value in changes.items() if key in amount}
    entry = {"call": 0, "at": 1.0, "most": amount | of_amount, "model": None}
    return json.dumps({**entry, **{k: v for k, v in changes.items() if k not in amount}})


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "\udce4",
        "[" * 5000,
        "[]",
        "1e999",
        '{"call":0}',
        '{"call":0,"at":1.0,"spent":{"usd":"1","calls":1,"tokens":1}}',
        '{"call":[],"at":1.0,"spent":{"usd":"1","calls":1,"tokens":1}}',
        '{"call":0,"at":1.0,"most":{"calls":1,"tokens":1},"model":null}',
        '{"call":0,"at":1e999,"most":{"usd":"1","calls":1,"tokens":1},"model":null}',
        *(a_promise(usd=usd) for usd in ("NaN", "Infinity", "-1", "1e999", "", "one", 1, None)),
        a_promise(usd=float("nan")),
        *(a_promise(calls=calls) for calls in ("1", -1, True, 1.0, None, 2**60)),
        *(a_promise(tokens=tokens) for tokens in ("1", -1, False, 0.5)),
        *(a_promise(at=at) for at in (float("nan"), float("-inf"), "1", None, True)),
        *(a_promise(call=call) for call in (1, "0", None)),
        a_promise(suite=1, case="a", subject=None),
        a_promise(suite="s", subject=None),
    ],
)
def test_a_line_that_no_ledger_has_is_told_with_its_place_and_never_believed(
    path: Path, line: str
) -> None:
    path.parent.mkdir()
    begin_ledger(path, run="r1")
    size = path.stat().st_size
    text = line.replace('"call": 0', f'"call": {size}')
    with path.open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f"{text}\n")
    with pytest.raises(InputError, match="nobody knows what the run has spent") as told:
        spent(path)
    assert [str(one.location) for one in told.value.findings] == [f"{path}:2"]
    with pytest.raises(InputError):
        demand_ledger(path, run="r1", now=START)


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_line_that_was_copied_or_taken_out_is_no_entry(path: Path, line: int) -> None:
    path.parent.mkdir()
    begin_ledger(path, run="r1")
    with Ledger(path, now=Now()) as ledger:
        for _ in range(2):
            ledger.settle(ledger.reserve(MOST, who=None, model="m"), USED)
    lines = path.read_text("ascii").splitlines(keepends=True)
    for tampered in (
        [*lines[: line + 1], lines[line], *lines[line + 1 :]],
        [*lines[: line + 1], *lines[line + 2 :]],
    ):
        path.write_text("".join(tampered), encoding="ascii")
        with pytest.raises(InputError, match="is no entry of a ledger"):
            spent(path)


def test_a_ledger_is_an_ordinary_file_and_no_link(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    for read in (spent, lambda path: Ledger(path, now=Now())):
        with pytest.raises(StoreError, match="is no ordinary file"):
            read(path)
    path.unlink()
    path.symlink_to(path.parent / "elsewhere")
    with pytest.raises(StoreError, match="is no ordinary file"):
        Ledger(path, now=Now())


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process may grow larger, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


def test_a_line_that_the_disk_does_not_take_is_taken_back_and_told(path: Path) -> None:
    with Ledger(path, now=Now()) as ledger:
        ledger.reserve(MOST, who=None, model="m")
        size = path.stat().st_size
        with files_of_at_most(size + 20), pytest.raises(StoreError):
            ledger.reserve(MOST, who=None, model="m")
        assert path.stat().st_size == size
        ledger.reserve(MOST, who=None, model="m")
    assert [one.amount for one in spent(path)] == [MOST, MOST]


def removed(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def added_to(path: Path) -> None:
    with path.open("a") as file:
        file.write("{}\n")


@pytest.mark.parametrize("touch", [removed, emptied, added_to])
def test_nothing_more_is_promised_in_a_ledger_that_nobody_will_find_again(
    path: Path, touch: Callable[[Path], None]
) -> None:
    with Ledger(path, now=Now()) as ledger:
        number = ledger.reserve(MOST, who=None, model="m")
        touch(path)
        with pytest.raises(StoreError, match="was removed or changed while the run went on"):
            ledger.reserve(MOST, who=None, model="m")
        ledger.settle(number, USED)


def test_a_ledger_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError):
        Ledger(tmp_path / "file" / "ledger.jsonl", now=Now())


def test_a_ledger_that_was_begun_is_that_of_its_run_and_says_nothing_was_spent(path: Path) -> None:
    path.parent.mkdir()
    begin_ledger(path, run="r1")
    demand_ledger(path, run="r1", now=START)
    assert spent(path) == []
    with Ledger(path, now=Now()) as ledger:
        ledger.settle(ledger.reserve(MOST, who=SOMEBODY, model=None), USED)
    demand_ledger(path, run="r1", now=START)
    assert [one.amount for one in spent(path)] == [USED]
    with pytest.raises(StoreError, match="is not the ledger of run r2"):
        demand_ledger(path, run="r2", now=START)


def test_a_ledger_is_begun_once(path: Path) -> None:
    path.parent.mkdir()
    begin_ledger(path, run="r1")
    with pytest.raises(StoreError):
        begin_ledger(path, run="r1")
