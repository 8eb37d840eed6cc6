"""What templates can call, and what they get from it. Jinja's own semantics, unless said."""

import re
from pathlib import Path

import jinja2
import pytest

from agentops_cli.model.json import JsonObject
from agentops_cli.template.functions import FILTERS, REFUSED, TESTS
from tests.template.rendering import problem, rendered

ROWS: JsonObject = {
    "rows": [
        {"name": "Bo", "team": "red", "score": 2},
        {"name": "al", "team": "blue", "score": 3},
        {"name": "Cy", "team": "red", "score": 1.5},
    ],
    "word": "Prompt",
    "n": 7,
}

# One template a line.
DATA = Path(__file__).parent.parent / "data" / "templates"
SAME_AS_JINJA = (DATA / "same_as_jinja.txt").read_text("utf-8")


@pytest.mark.parametrize("source", SAME_AS_JINJA.splitlines())
def test_it_renders_as_jinja_does(source: str) -> None:
    jinja = jinja2.Environment(
        autoescape=False,  # noqa: S701 # prompts are no web pages
        finalize=lambda value: "" if value is None else value,  # The one intended difference.
    )
    assert rendered(source, **ROWS) == jinja.from_string(source).render(ROWS)


def test_each_filter_and_test_is_shown_above() -> None:
    shown = set(re.findall(r"[|] ?(\w+)|is (?:not )?([\w]+)|'(\w+)'\)", SAME_AS_JINJA))
    names = {name for groups in shown for name in groups}
    signs = {"==", "!=", ">", ">=", "<", "<=", "equalto", "greaterthan", "lessthan"}
    assert (FILTERS.keys() | TESTS.keys()) - signs - {"tojson"} <= names


# Where it differs from Jinja, on purpose


def test_json_is_written_for_a_model_not_for_a_web_page() -> None:
    assert rendered("{{ {'b': '<é>', 'a': [1.5, none, true]}|tojson }}") == (
        '{"b": "<é>", "a": [1.5, null, true]}'
    )
    assert rendered("{{ {'a': 1}|tojson(indent=2) }}") == '{\n  "a": 1\n}'


@pytest.mark.parametrize("source", ["{{ x|tojson }}", "{{ -x|tojson }}", "{{ (x - x)|tojson }}"])
def test_json_has_no_infinity(source: str) -> None:
    assert "not JSON compliant" in problem(source, variables={"x": float("inf")}).message


def test_what_jinja_makes_lazily_is_a_list() -> None:
    source = "{% set odd = [1, 2, 3]|select('odd') %}{{ odd }}{{ odd|length }}{{ odd|map('int') }}"
    assert rendered(source) == "[1, 3]2[1, 3]"


@pytest.mark.parametrize("around", ["{}", "{{% set x %}}{}{{% endset %}}{{{{ x }}}}"])
def test_a_filter_block_writes_whatever_its_filter_gives(around: str) -> None:
    assert rendered(around.format("{% filter length %}abc{% endfilter %}")) == "3"


def test_nothing_is_marked_safe() -> None:
    assert rendered("{{ '<'|e|e }}{{ '<'|e + '<' }}") == "&amp;lt;&lt;<"


@pytest.mark.parametrize("name", REFUSED)
def test_filters_that_are_left_out_say_why(name: str) -> None:
    error = problem(f"ok\n{{{{ x|{name} }}}}")
    assert error.message == f"{name!r} is not available in prompts: {REFUSED[name]}"
    assert error.line == 2


@pytest.mark.parametrize("name", ["lipsum", "cycler", "joiner"])
def test_functions_that_are_left_out_say_why(name: str) -> None:
    error = problem(f"ok\n{{{{ {name}() }}}}")
    assert error.message == f"{name!r} is not available in prompts: {REFUSED[name]}"
    assert error.line == 2


def test_a_variable_may_have_the_name_of_something_left_out() -> None:
    assert rendered("{{ random }}{{ safe|upper }}", random=1, safe="x") == "1X"


@pytest.mark.parametrize("name", [*REFUSED, "nope"])
def test_what_is_left_out_cannot_be_reached_by_its_name_as_text(name: str) -> None:
    assert problem(f"{{{{ ['a']|map('{name}')|list }}}}").message == f"no filter named {name!r}"
    assert problem(f"{{{{ ['a']|select('{name}')|list }}}}").message == f"no test named {name!r}"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ 'a'|center('x') }}", "'>' not supported between instances of 'str' and 'int'"),
        ("{{ 'a'|upper(1) }}", "wrong arguments: takes no arguments (1 given)"),
        ("{{ 'a'|trim(1, 2) }}", "wrong arguments: takes from 1 to 2 positional arguments"),
        ("{{ 'a'|round }}", "a number is needed here, not a text"),
        ("{{ 1.5|round('x') }}", "the precision has to be a whole number from -100 to 100"),
        ("{{ ['a']|sum }}", "unsupported operand type(s) for +"),
        ("{{ [[1]]|sum(start=[]) }}", "a number is needed here, not a list"),
        ("{{ 1|length }}", "a number has no items"),
        ("{{ none|list }}", "none has no items"),
        ("{{ [1]|dictsort }}", "a mapping is needed here, not a list"),
        ("{{ [1]|items }}", "a mapping is needed here, not a list"),
        ("{{ []|first }}", "there is no first item: the list is empty"),
        ("{{ []|last }}", "there is no last item: the list is empty"),
        ("{{ []|max }}", "no aggregated item, sequence was empty"),
        ("{{ '%r'|format(1) }}", "a '%' in a format is not followed by a conversion"),
        ("{{ '%*d'|format(1, 2) }}", "a '%' in a format is not followed by a conversion"),
        ("{{ '%d'|format('x') }}", "%d format: a real number is required, not str"),
        ("{{ [1, 'a']|sort }}", "'<' not supported between instances of 'str' and 'int'"),
        ("{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ {[1]: 2} }}", "unhashable type: 'list'"),
        ("{{ 'a'|tojson(99) }}", "the indent has to be a whole number from 0 to 16, not 99"),
    ],
)
def test_a_wrong_argument_is_the_authors_mistake(source: str, message: str) -> None:
    error = problem(f"ok\n{source}")
    assert error.message.startswith(message)
    assert error.line == 2


def test_text_and_a_number_are_joined_with_a_tilde() -> None:
    assert problem("{{ 1 + 'a' }}").fix == (
        "join text with ~; turn text into a number with `int` or `float`"
    )
