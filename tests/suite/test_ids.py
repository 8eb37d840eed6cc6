from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.suite.ids import Ids


@given(st.lists(st.text(max_size=2), max_size=60))
def test_each_id_that_came_twice_is_suspected_and_almost_nothing_else(names: list[str]) -> None:
    ids = Ids()
    for name in names:
        ids.add(name)
    twice = {hash(name) for name, times in Counter(names).items() if times > 1}
    assert ids.suspects() == twice
