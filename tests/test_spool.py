"""Values come back equal and in order, parts that they share stay one object, memory stays flat."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli import spool
from agentops_cli.errors import StoreError
from agentops_cli.model.json import Json
from agentops_cli.model.judge import Judge
from agentops_cli.model.result import Outcome, PlannedCase
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.spool import Slots, Spool, spooled
from tests.builders import a_case, a_place, a_planned_case, a_request
from tests.limits import files_limited_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A value of one part."""

    part: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A value of many kinds of parts."""

    text: str
    number: float | None = None
    data: Json = None
    named: dict[str, object] = field(default_factory=dict)
    parts: tuple[object, ...] = ()


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three values are many here."""
    monkeypatch.setattr(spool, "KEPT", 3)


def shapes(count: int, **same: Any) -> Iterator[Shape]:
    for number in range(count):
        yield Shape(text=f"value {number}", number=number, **same)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_values_are_a_tuple(count: int) -> None:
    assert spooled(shapes(count)) == tuple(shapes(count))


def test_many_values_come_back_in_order_again_and_again() -> None:
    found = spooled(shapes(10))
    assert isinstance(found, Spool)
    for _ in range(2):
        assert [*found] == [*shapes(10)]


INDEXES = {
    "the first in memory": lambda them: them[0],
    "the first on disk": lambda them: them[3],
    "the last": lambda them: them[-1],
    "from the end into memory": lambda them: them[-9],
    "some": lambda them: (*them[2:5],),
    "backwards": lambda them: (*them[::-3],),
    "none": lambda them: (*them[5:5],),
    "how many": len,
}


@pytest.mark.parametrize("look", INDEXES.values(), ids=INDEXES)
def test_a_spool_is_a_sequence(look: Callable[[Sequence[Shape]], object]) -> None:
    assert look(spooled(shapes(10))) == look([*shapes(10)])


@pytest.mark.parametrize("index", [10, -11])
def test_beyond_its_ends_there_is_nothing(index: int) -> None:
    with pytest.raises(IndexError):
        spooled(shapes(10))[index]


texts = st.text(max_size=100) | st.just("lone \ud83d surrogate")
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
plain = json | st.decimals(allow_nan=False) | st.frozensets(texts, max_size=1)
plain |= st.sampled_from([*Outcome, Decimal("0.10")])
nested = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.builds(Alone, part=inner)
        | st.builds(Shape, text=texts, data=json, named=st.dictionaries(texts, inner, max_size=2))
    ),
    max_leaves=6,
)


@given(st.lists(nested, min_size=5, max_size=8))
def test_any_values_come_back_as_they_were(values: list[object]) -> None:
    # Each twice in a row: what is the same object as before goes another way.
    written = [value for value in values for _ in range(2)]
    found = [*spooled(written)]
    assert found == written
    assert [*map(repr, found)] == [*map(repr, written)]


def test_parts_that_all_values_share_stay_one_object() -> None:
    shared = {
        "data": {"type": "object"},
        "parts": (Alone(part="a"), Alone(part="b")),
        "named": {"long": "x" * 100, "place": Alone(part=1)},
    }
    found = [*spooled(shapes(10, **shared))]
    for value in found[4:]:
        assert value.data is shared["data"]
        assert value.parts is shared["parts"]
        assert value.named is shared["named"]


def test_parts_are_shared_by_place_and_where_they_were_shared_before() -> None:
    usual, own = Alone(part="usual"), [Alone(part=number) for number in range(10)]
    values = [Shape(text="x", parts=(usual, one)) for one in own]
    moved = Shape(text="x", parts=(own[0], usual))
    found = [*spooled([*values, moved])]
    assert all(value.parts[0] is usual for value in found[:-1])
    assert found[-1].parts[1] is usual
    assert [value.parts[1] for value in found[:-1]] == own


def test_a_long_text_in_variables_is_shared() -> None:
    document = "a long document " * 100
    values = [a_case(id=str(number), vars={"doc": document, "n": number}) for number in range(9)]
    found = [*spooled(values)]
    assert found == values
    assert all(case.vars["doc"] is document for case in found)


def planned(count: int) -> Iterator[PlannedCase]:
    judge = Judge(model="openai/gpt-4o", location=a_place())
    usual = AssertionSpec(kind="rubric", args={"value": "kind"}, location=a_place(3))
    for number in range(count):
        own = AssertionSpec(kind="mustContain", args={"value": [f"{number}"]}, location=a_place(9))
        case = a_case(
            id=f"c{number}", input=f"{number} " * 50, row={"n": number}, assertions=(usual, own)
        )
        yield replace(
            a_planned_case(index=number, case=case, request=a_request()),
            judge=judge,
        )


def test_a_planned_case_comes_back_whole() -> None:
    assert [*spooled(planned(20))] == [*planned(20)]


def in_a_spool(count: int) -> object:
    found = spooled(planned(count))
    for _ in found:
        pass
    return found


def in_slots(count: int) -> object:
    found: Slots[PlannedCase] = Slots()
    for number, value in enumerate(planned(count)):
        found.put(number, value)
        found.get(number // 2)
    return found


@pytest.mark.parametrize("kept", [in_a_spool, in_slots])
def test_a_value_on_disk_takes_its_place_in_memory_and_no_more(
    kept: Callable[[int], object],
) -> None:
    """Else it would be held somewhere: each of these is some 4,000 bytes as an object."""
    kept(600)  # So that whatever is imported and cached once is there.

    def size(count: int) -> int:
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        _found = kept(count)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    tracemalloc.start()
    try:
        each = (size(2_600) - size(600)) / 2_000
    finally:
        tracemalloc.stop()
    assert each < 20


def test_nobody_finds_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = spooled(shapes(10))
    assert [*tmp_path.iterdir()] == []
    assert len([*found]) == 10


def test_a_full_disk_is_told_with_what_to_do() -> None:
    with files_limited_to(1000), pytest.raises(StoreError, match="temporary file") as caught:
        spooled(shapes(100_000))
    assert "TMPDIR" in (caught.value.fix or "")


def test_a_folder_that_is_not_there_is_told_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(StoreError, match="No such file") as caught:
        spooled(shapes(10))
    assert str(tmp_path / "gone") in (caught.value.fix or "")


def test_slots_give_what_was_put_last_in_memory_or_on_disk() -> None:
    slots: Slots[Shape] = Slots()
    values = {number: Shape(text=f"{number}") for number in (9, 0, 4, 7, 2, 11)}
    for number, value in values.items():
        slots.put(number, value)
    values[9] = Shape(text="again")
    slots.put(9, values[9])
    for number in (1, 3, 5):
        slots.put(number, Shape(text="later"))
    assert {number: slots.get(number) for number in values} == values
    assert [slots.get(number) for number in (6, 8, 10, 12, 1000)] == [None] * 5


@given(st.lists(st.tuples(st.integers(0, 9), st.integers()), max_size=40))
def test_slots_are_a_table(puts: list[tuple[int, int]]) -> None:
    slots: Slots[Alone] = Slots()
    table: dict[int, Alone] = {}
    for number, part in puts:
        table[number] = Alone(part=part)
        slots.put(number, table[number])
    assert [slots.get(number) for number in range(10)] == [table.get(n) for n in range(10)]
