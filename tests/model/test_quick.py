"""Objects that are made quickly are what `dataclass` alone would have made."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from agentops_cli.model.call import Completion, Request, Verdict
from agentops_cli.model.quick import quickly_made
from agentops_cli.model.result import CaseResult, PlannedCase, Tally, TrialResult
from agentops_cli.model.suite import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """As the library makes it."""

    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The same, made quickly."""

    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    "given", [{"name": "a"}, {"name": "a", "size": 0}, {"name": "a", "tags": ["x"]}]
)
def test_every_field_has_what_was_given_or_its_default(given: dict[str, Any]) -> None:
    plain, quick = Plain(**given), Quick(**given)
    assert type(quick) is Quick
    assert [getattr(quick, each.name) for each in fields(quick)] == [
        getattr(plain, each.name) for each in fields(plain)
    ]


def test_each_object_has_a_default_of_its_own_where_one_is_made() -> None:
    assert Quick(name="a").tags is not Quick(name="b").tags


def test_nothing_can_be_assigned_or_deleted_afterwards() -> None:
    quick = Quick(name="a")
    with pytest.raises(FrozenInstanceError):
        quick.name = "b"  # type: ignore[misc] # That it is refused is the point.
    with pytest.raises(FrozenInstanceError):
        del quick.name
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        quick.other = 1  # type: ignore[attr-defined] # As above.
    assert quick == Quick(name="a")


def test_it_is_shown_compared_and_changed_as_ever() -> None:
    quick = Quick(name="a", tags=["x"])
    assert repr(quick) == "Quick(name='a', size=3, tags=['x'])"
    other: object = Plain(name="a", tags=["x"])
    assert quick != other
    assert replace(quick, size=4) == Quick(name="a", size=4, tags=["x"])


def _pickled(value: Quick) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - of our own, a line before


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, _pickled])
def test_a_copy_of_it_is_equal_and_as_frozen(again: Any) -> None:
    quick = again(Quick(name="a", tags=["x"]))
    assert quick == Quick(name="a", tags=["x"])
    with pytest.raises(FrozenInstanceError):
        quick.size = 4


@pytest.mark.parametrize("given", [{}, {"name": "a", "colour": "red"}])
def test_what_does_not_fit_is_refused_in_the_same_words(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as plain:
        Plain(**given)
    with pytest.raises(TypeError) as quick:
        Quick(**given)
    assert str(quick.value) == str(plain.value).replace("Plain", "Quick")


@pytest.mark.parametrize(
    "kind", [Case, CaseResult, Completion, PlannedCase, Request, Tally, TrialResult, Verdict]
)
def test_what_is_made_for_each_case_takes_exactly_its_fields(kind: Any) -> None:
    assert [*inspect.signature(kind).parameters] == [each.name for each in fields(kind)]


def test_an_object_is_what_dataclass_would_have_made_of_it() -> None:
    tally = Tally(passed=1, spared=2)
    assert type(tally) is Tally
    assert hash(tally) == hash((1, 0, 0, 0, 0, 0, 0, 0, 2))
