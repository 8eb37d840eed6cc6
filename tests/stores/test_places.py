from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.stores.places import Places


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=30), st.integers(0, 99))
def test_the_lines_of_an_owner_are_found_again_the_last_one_first(
    lines: list[tuple[int, int]], start: int
) -> None:
    places = Places()
    written: dict[int, list[tuple[int, int]]] = {}
    for owner, length in lines:
        places.add(owner, start, length)
        written.setdefault(owner, []).insert(0, (start, length))
        start += length
    for owner in range(8):
        assert [*places.of(owner)] == written.get(owner, [])
