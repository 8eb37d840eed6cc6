import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest

from agentops_cli.model.json import JsonObject
from agentops_cli.template import Limits, Templates
from tests.template.rendering import Clock, compiled, problem, rendered

LAYOUT = "<{% block body %}nothing{% endblock %}>"
MACROS = "{% macro bullet(text) %}- {{ text }}{% endmacro %}{% set mark = '*' %}"
COUNTER = (
    "{% set seen = namespace(n=0) %}"
    "{% macro count() %}{% set seen.n = seen.n + 1 %}{{ seen.n }}{% endmacro %}"
)


def test_variables_are_written_as_they_are_without_html_escapes() -> None:
    assert rendered("Hello {{ name }}!\n", name="<Ann & Bob>") == "Hello <Ann & Bob>!\n"


def test_a_variable_is_never_read_as_a_template() -> None:
    assert rendered("{{ text }}", text="{{ 1 + 1 }}") == "{{ 1 + 1 }}"


@pytest.mark.parametrize("source", ["", "plain", "a { b } % #\n", "line\n\n", "{ { x } }"])
def test_text_without_tags_is_itself(source: str) -> None:
    assert rendered(source) == source


@pytest.mark.parametrize("source", ["a\r\nb\rc", "a\r\nb\rc{{ '' }}"])
def test_line_ends_become_newlines_with_and_without_tags(source: str) -> None:
    assert rendered(source) == "a\nb\nc"


def test_the_last_newline_is_kept() -> None:
    assert rendered("{{ 1 }}\n") == "1\n"


def test_rendering_twice_gives_the_same_text_and_leaves_the_variables_alone() -> None:
    source = (
        "{% set ns = namespace(total=0) %}{% for row in rows|sort(attribute='n')|reverse %}"
        "{% set ns.total = ns.total + row.n %}{{ row|tojson }}{% endfor %}{{ ns.total }}"
        "{{ dict(rows[0], n=7) }}{{ rows + [1] }}"
    )
    variables: JsonObject = {"rows": [{"n": 2, "tags": ["x"]}, {"n": 3, "tags": []}]}
    before = deepcopy(variables)
    template = compiled(source)
    assert template.render(variables) == template.render(variables)
    assert variables == before


def test_threads_can_share_a_template() -> None:
    template = compiled("{% for i in range(200) %}{{ name }}{% endfor %}")
    start = threading.Barrier(4)

    def render(name: str) -> str:
        start.wait()
        return "".join(template.render({"name": name}) for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render, "abcd")) == [name * 4000 for name in "abcd"]


# Names


@pytest.mark.parametrize(
    ("source", "variables", "optional"),
    [
        ("plain", set(), set()),
        ("{{ a }} {{ b.c }} {{ a }}", {"a", "b"}, set()),
        ("{% for x in xs %}{{ x }}{{ loop.index }}{% endfor %}", {"xs"}, set()),
        ("{% set a = 1 %}{{ a }}", set(), set()),
        ("{% macro m(a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", {"b"}, set()),
        ("{{ range(3) }}{{ dict() }}{{ namespace().x is defined }}", set(), set()),
        ("{% if a is defined %}{{ a }}{% endif %}{{ b }}", {"a", "b"}, {"a"}),
        ("{{ a|default('x') }}{{ b|d(c) }}", {"a", "b", "c"}, {"a", "b"}),
    ],
)
def test_a_template_knows_what_it_reads(
    source: str, variables: set[str], optional: set[str]
) -> None:
    template = compiled(source)
    assert template.variables == variables
    assert template.optional == optional


@pytest.mark.parametrize(
    ("source", "part", "variables"),
    [
        ("{{ a }}{% include 'part' %}", "{{ b }}{{ c|d }}", {"a", "b", "c"}),
        ("{% for b in a %}{% include 'part' %}{% endfor %}", "{{ b }}", {"a"}),
        ("{% set b = 1 %}{% include 'part' %}", "{{ b }}{{ c }}", {"c"}),
        ("{% include 'part' without context %}", "{{ b|d }}", set()),
        ("{% import 'part' as p %}{{ p.m() }}", "{% macro m() %}{{ b }}{% endmacro %}", set()),
        ("{% from 'part' import m with context %}", "{{ b }}{% macro m() %}{% endmacro %}", {"b"}),
        ("{% extends 'part' %}{% block x %}{{ a }}{% endblock %}", "{{ b }}", {"a", "b"}),
    ],
)
def test_it_knows_what_the_templates_it_includes_read(
    source: str, part: str, variables: set[str]
) -> None:
    assert compiled(source, {"part": part}).variables == variables


def test_all_missing_names_are_told_at_once_with_what_may_be_meant() -> None:
    source = "{{ topic }}\n{{ tone }}\n{{ lenght }}\n{{ note|d('-') }}"
    error = problem(source, variables={"topic": "x", "length": 3, "_mark": "x"})
    assert error.message == "2 variables are not given: 'tone', 'lenght'"
    assert error.fix == "'lenght': did you mean 'length'?"
    assert error.line == 2


def test_many_missing_names_are_told_in_a_short_message() -> None:
    error = problem("".join(f"{{{{ name{n} }}}}" for n in range(900)), variables={"names": 1})
    assert error.message.startswith("900 variables are not given: 'name0', 'name1', 'name10', ")
    assert error.message.endswith("…")


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("subject", "give it, or write {{ topic|default('') }}"),
        ("topics", "did you mean 'topics'?"),
        ("_topics", "give it, or write {{ topic|default('') }}"),
    ],
)
def test_a_missing_name_comes_with_a_fix(given: str, fix: str) -> None:
    variables: JsonObject = {given: "x"}
    error = problem("{{ topic }}", variables=variables)
    assert error.message == "the variable 'topic' is not given"
    assert error.fix == fix


@pytest.mark.parametrize(
    "source",
    [
        "{{ x }}",
        "{{ x.y }}",
        "{{ x|upper }}",
        "{{ [x] }}",
        "{{ {'a': x} }}",
        "{{ 'a' ~ x }}",
        "{% if x %}{% endif %}",
        "{% if x == 1 %}{% endif %}",
        "{% for y in x %}{% endfor %}",
        "{{ x|length }}",
        "{{ x|first }}",
        "{{ x|items }}",
        "{{ x() }}",
        "{% set ns = namespace(y=x) %}",
        "{% set ns = namespace() %}{% set ns.y = x %}",
    ],
)
def test_an_undefined_variable_can_be_used_for_nothing(source: str) -> None:
    assert problem(source).message == "the variable 'x' is not given"


def test_a_branch_that_is_not_taken_needs_no_variables() -> None:
    assert rendered("{% if french %}{{ note }}{% endif %}ok", french=False) == "ok"


def test_an_inline_if_without_else_writes_nothing() -> None:
    assert rendered("a{{ 'b' if x }}{{ 'c' if not x }}", x=False) == "ac"


# Other templates


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% include 'hi' %}!", "hi Ann!"),
        ("{% include ['none', 'hi'] %}!", "hi Ann!"),
        ("{% include 'none' ignore missing %}!", "!"),
        ("{% import 'macros' as m %}{{ m.bullet('x') }}{{ m.mark }}", "- x*"),
        ("{% from 'macros' import bullet as b %}{{ b('x') }}", "- x"),
        ("{% extends 'layout' %}{% block body %}{{ super() }}!{% endblock %}", "<nothing!>"),
        ("{% extends 'layout' %}dropped", "<nothing>"),
    ],
)
def test_templates_can_be_put_together(source: str, text: str) -> None:
    parts = {"hi": "hi {{ name }}", "macros": MACROS, "layout": LAYOUT}
    assert rendered(source, parts, name="Ann") == text


def test_an_included_template_is_loaded_and_compiled_once() -> None:
    asked = []

    def load(name: str) -> str:
        asked.append(name)
        return "{{ x }}"

    templates = Templates(clock=Clock(), loader=load)
    for _ in range(2):
        templates.compile("{% include 'a' %}{% include 'a' %}").render({"x": 1})
    assert asked == ["a"]


def test_nothing_that_a_module_counts_survives_a_rendering() -> None:
    template = compiled(
        "{% import 'counter' as c %}{{ c.count() }}{{ c.count() }}", {"counter": COUNTER}
    )
    assert [template.render({}), template.render({})] == ["12", "12"]


@pytest.mark.parametrize("tag", ["include 'a'", "import 'a' as x", "extends 'a'"])
def test_a_circle_of_templates_is_named(tag: str) -> None:
    parts = {"a": "\n{% include 'b' %}", "b": f"\n\n{{% {tag} %}}"}
    error = problem(f"{{% {tag} %}}", parts)
    assert error.message == "templates include each other: a → b → a"
    assert (error.name, error.line) == ("b", 3)


def test_a_template_that_includes_itself_is_a_circle() -> None:
    error = problem("{% include 'a' %}", {"a": "{% if x %}{% include 'a' %}{% endif %}"})
    assert error.message == "templates include each other: a → a"


@pytest.mark.parametrize("tag", ["include", "extends"])
def test_a_template_that_there_is_not_is_reported_where_it_is_asked_for(tag: str) -> None:
    error = problem(f"\n{{% {tag} 'none' %}}")
    assert (error.message, error.line) == ("there is no template 'none'", 2)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("ok\n\n{{ 1 / 0 }}", "division by zero"),
        ("ok\n\n{{ x }}", "the variable 'x' is not given"),
        ("ok\n\n{% if 1 %}", "'{% if %}' is never closed"),
        ("ok\n\n{{ 1|uper }}", "unknown filter 'uper'"),
        ("ok\n\n{{ 'a' * 2000000 }}", "the template makes a value of 2,000,000 characters"),
    ],
)
def test_a_mistake_in_an_included_template_is_placed_there(part: str, message: str) -> None:
    error = problem("\n{% include 'part' %}", {"part": part})
    assert error.message.startswith(message)
    assert (error.name, error.line) == ("part", 3)


def test_a_mistake_without_a_line_is_not_placed_at_the_line_of_the_include() -> None:
    error = problem("\n{% include 'part' %}", {"part": "{{ x" + ".y" * 3000 + " }}"})
    assert error.message.startswith("the template nests too deeply")
    assert (error.name, error.line) == ("part", None)


# Limits


def test_the_rendered_text_may_be_just_as_long_as_allowed() -> None:
    templates = Templates(clock=Clock(), limits=Limits(characters=10))
    template = templates.compile("{{ x }}")
    assert template.render({"x": "a" * 10}) == "a" * 10
    error = problem("a\n{{ x }}", limits=Limits(characters=10), variables={"x": "a" * 10})
    assert error.message == "the rendered text is longer than 10 characters"
    assert error.line == 2


def test_plain_text_counts_too() -> None:
    error = problem("a" * 11, limits=Limits(characters=10))
    assert error.message == "the rendered text is longer than 10 characters"


def test_a_source_may_be_just_as_long_as_allowed() -> None:
    assert problem("{{ 'abc' }}", limits=Limits(source=10)).message == (
        "the template is 11 characters long; the limit is 10"
    )
    templates = Templates(clock=Clock(), limits=Limits(source=11))
    assert templates.compile("{{ 'abc' }}").render({}) == "abc"


@pytest.mark.parametrize("source", [r"ok\n{{ '\ud83d' }}", "{{ x }}", "{{ '%c'|format(55357) }}"])
def test_half_a_character_is_refused_as_nothing_can_send_it(source: str) -> None:
    error = problem(source, variables={"x": "\ud83d"})
    assert error.message == "the rendered text holds half a character, '\\ud83d'"
    assert error.line == 1
