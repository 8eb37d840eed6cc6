import pytest

from agentops_cli.model.json import Json
from agentops_cli.template import Limits, TemplateError
from agentops_cli.template.meter import MAPPING_SLOT, MAX_BITS, MAX_DEPTH, SLOT, Meter
from tests.template.rendering import Clock

DOC = "x" * 60


def meter(characters: int = 100) -> Meter:
    return Meter(Limits(seconds=1, characters=characters), Clock())


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        (None, 0),
        (True, 0),
        (1.5, 0),
        (127, 0),
        (2**800, 100),
        ("abc", 3),
        ([], SLOT),
        (["abc", 1], 3 * SLOT + 3),
        (("abc", 1), 3 * SLOT + 3),
        (range(3), 3 * SLOT),
        ({"ab": "c"}, 2 * MAPPING_SLOT + 3),
        ([["a"], ["b"]], 7 * SLOT + 2),
    ],
)
def test_data_weighs_what_it_holds(value: object, weight: int) -> None:
    assert meter().weigh(value) == weight


def test_a_part_that_appears_twice_weighs_twice() -> None:
    part = ["abc"]
    assert meter().weigh([part, part]) == meter().weigh([["abc"], ["abc"]])


def test_a_huge_tree_of_few_parts_is_refused_without_being_walked() -> None:
    tree: Json = []
    for _ in range(90):
        tree = [tree, tree]
    with pytest.raises(TemplateError, match="more text and lists"):
        meter(10_000).weigh(tree)


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: (value,)])
def test_data_may_be_nested_so_deep_and_no_deeper(wrap: object) -> None:
    assert callable(wrap)
    value = 1
    for _ in range(MAX_DEPTH):
        value = wrap(value)
    assert meter(10_000).weigh(value)
    with pytest.raises(TemplateError, match="nests deeper than 100 levels"):
        meter(10_000).weigh(wrap(value))


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", print, [object()], {"a": object()}])
def test_what_is_no_data_has_no_weight(value: object) -> None:
    with pytest.raises(TemplateError, match="is no data"):
        meter().weigh(value)


def test_what_a_template_makes_is_paid_for_until_the_budget_is_spent() -> None:
    budget = meter(100)
    for _ in range(1000 // (SLOT + len(DOC))):
        assert budget.keep(DOC) == DOC
    with pytest.raises(TemplateError, match="more text and lists"):
        budget.keep(DOC)


@pytest.mark.parametrize("value", ["x" * 100, [DOC, DOC], 2**MAX_BITS // 2, None, 1.5, range(9999)])
def test_a_value_that_fits_is_kept_as_it_is(value: object) -> None:
    assert meter().keep(value) is value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x" * 101, "makes a value of 101 characters; the limit is 100"),
        (["x" * 1000], "makes more text and lists"),
        (2**MAX_BITS, "makes a number of more than 14,000 bits"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(value: object, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        meter().keep(value)


def test_a_number_that_may_be_kept_can_be_printed() -> None:
    assert len(str(meter().keep(2**MAX_BITS - 1))) < 4300


def test_the_clock_may_read_the_deadline_but_not_pass_it() -> None:
    clock = Clock(0.25)
    budget = Meter(Limits(seconds=1), clock)
    for _ in range(4):
        budget.tick()
    with pytest.raises(TemplateError, match="takes longer than 1 s"):
        budget.tick()


def test_text_is_counted_as_it_is_written() -> None:
    budget = meter(10)
    budget.write("12345")
    budget.write("67890")
    with pytest.raises(TemplateError, match="longer than 10 characters"):
        budget.write("1")


def test_only_data_has_a_text() -> None:
    assert meter().text([1, "a", None, {"b": True}]) == "[1, 'a', None, {'b': True}]"
    assert meter().text("as it is") == "as it is"
    with pytest.raises(TemplateError, match="is no data"):
        meter().text(print)


def test_what_would_be_very_long_as_text_is_refused_before() -> None:
    with pytest.raises(TemplateError, match="the limit is 100"):
        meter().text([[] for _ in range(20)])
