"""No template takes much time or memory, whatever it says.

Time is counted in readings of a clock that a test owns, memory by `tracemalloc`. Where the clock
stands still, only the other limits can have stopped a template.
"""

import gc
import time
import tracemalloc
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.template import Limits, TemplateError, Templates
from agentops_cli.template.functions import FILTERS, OPERATORS, TESTS
from tests.template.rendering import Clock, problem, rendered

PART = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"

ENDLESS = {
    "nested loops": PART,
    "a loop in a part": "{% include 'part' %}",
    "a loop in a module": "{% import 'part' as part %}",
    "parts of parts": "{% include 'fan1' %}",
    "a loop whose condition is never true": "{% for a in range(99999) if false %}{% endfor %}" * 30,
    "recursive macros": (
        "{% macro f(n) %}{% if n > 1 %}{{ f(n - 1) }}{{ f(n - 2) }}{% endif %}{% endmacro %}"
        "{{ f(60) }}"
    ),
    "a recursive loop": (
        "{% for x in range(9999) recursive %}"
        "{% if loop.depth < 4 %}{{ loop(range(9999)) }}{% endif %}{% endfor %}"
    ),
    "recursive calls of a loop": (
        "{% for x in [rows] recursive %}{% if x %}{{ loop(x) }}{% endif %}{% endfor %}"
    ),
    "macros of macros": (
        "{% macro m0() %}{% endmacro %}"
        + "".join(
            f"{{% macro m{n + 1}() %}}{{% set x = m{n}() %}}{{% set x = m{n}() %}}{{% endmacro %}}"
            for n in range(30)
        )
        + "{{ m30() }}"
    ),
    "a block that is written in a loop": (
        "{% block a %}{% endblock %}{% for i in range(99999) %}{{ self.a() }}{% endfor %}"
    ),
    "assignments": (
        "{% for a in range(99999) %}{% for b in range(9999) %}{% set x = a + b %}{% endfor %}"
        "{% endfor %}"
    ),
    "a filter that calls a test": "{{ range(99999)|reject('in', range(9999)|list)|list|length }}",
    "a filter that calls a filter": "{{ range(99999)|map('int')|list|length }}",
    "long paths": "{{ (['0'] * 999)|map(attribute='0' ~ '.0' * 9999)|list|length }}",
    "sums in a loop": "{% for a in range(99999) %}{{ range(999)|sum }}{% endfor %}",
    "comparisons in a loop": (
        "{% for a in range(99999) %}{% if rows == rows %}{% endif %}{% endfor %}"
    ),
    "comparisons without a loop": "{% if rows == rows %}{% endif %}" * 800,
    "tests without a loop": "{{ 1 if x is in(rows) else 2 }}" * 800,
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_the_deadline_interrupts(source: str) -> None:
    fans = {f"fan{n}": f"{{% include 'fan{n + 1}' %}}" * 2 for n in range(1, 30)}
    clock = Clock()
    templates = Templates(
        clock=clock, limits=Limits(seconds=1), loader={**fans, "fan30": "", "part": PART}.get
    )
    template = templates.compile(source)
    clock.step = 0.002
    with pytest.raises(TemplateError, match="takes longer than 1 s") as caught:
        template.render({"rows": [[0] * 100] * 100, "x": 1})
    assert caught.value.line == 1
    assert caught.value.fix


def test_the_deadline_holds_by_a_real_clock() -> None:
    templates = Templates(clock=time.monotonic, limits=Limits(seconds=0.05))
    template = templates.compile(PART)
    start = time.monotonic()
    with pytest.raises(TemplateError, match=r"takes longer than 0\.05 s"):
        template.render({})
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("source", ["{{ a }}" * 999, "{% if a %}{% endif %}" * 300])
def test_compiling_has_a_deadline_too(source: str) -> None:
    error = problem(source, limits=Limits(seconds=0.5), clock=Clock(0.001))
    assert error.message == "the template takes longer than 0.5 s"


def test_each_rendering_has_its_own_deadline() -> None:
    templates = Templates(clock=Clock(0.001), limits=Limits(seconds=1))
    template = templates.compile("{% for i in range(600) %}{% endfor %}")
    assert [template.render({}) for _ in range(5)] == [""] * 5


LARGE_EXPRESSIONS = (
    # Repeated
    *("'a' * 10**9", "10**9 * 'a'", "[0] * 10**9", "(0,) * 10**9", "[rows] * 10**6"),
    *("('a' * 10**5) ~ 'a'", "'a' * 10**5 + 'a'", "[rows, rows] * 999", "dict(a=[rows] * 999)"),
    # Numbers
    *("10 ** (10 ** 8)", "2 ** 14000", "2 ** 9000 * 2 ** 9000", "2 ** 13999 + 2 ** 13999"),
    *("[2 ** 13999, 2 ** 13999]|sum", "('f' * 9999)|int(base=16)", "1|round(10**9)"),
    *("10|round(-10**9)", "1.5|round(10**9, 'ceil')", "'aaa'|round(9, 'ceil')"),
    # Padded
    *("'x'|center(10**9)", "'x'.center(10**9)", "'x'.ljust(10**9)", "'x'.rjust(10**9)"),
    *("'x'.zfill(10**9)", r"'a\nb'|indent(10**9)", r"('a\n' * 9999)|indent('x' * 999)"),
    *(r"('a\x0b' * 9999)|indent(999)", "[1]|tojson(indent=10**9)", "['a']|map('center', 10**9)"),
    *("[1]|batch(10**9, 'x')|list", "[1]|slice(10**9)|list", "'\t'.expandtabs(10**9)"),
    # Formatted
    *("'%1000000000d'|format(1)", "'%.1000000000f'|format(1)", "'%1000000000d' % 1"),
    *("'%(a)1000000000d' % {'a': 1}", "'%*d'|format(10**9, 1)", "('%s' * 999)|format(doc)"),
    *("('%(a)s' * 9999) % {'a': doc}", "('%f' * 9999)|format(*[1e308] * 9999)"),
    *("'{:>1000000000}'.format(1)", "'{:>{w}}'.format(1, w=10**9)", "'{a:>9}'.format_map({})"),
    *("'%1000000000d' is even", "'%1000000000d' is odd", "'%1000000000d' is divisibleby(1)"),
    # Replaced and joined
    *("doc|replace('', doc)", "doc|replace('x', doc)", "doc.replace('', doc)"),
    *("range(9999)|join(doc)", "doc.join(['a'] * 999)", "doc|map('replace', 'x', doc * 9)|list"),
    # Lists
    *("range(10**6)", "range(10**30)", "range(99999)|list", "(doc * 9)|list", "(doc * 9)|sort"),
    *("(doc * 9)|map('upper')", "(doc * 19).split('x')", "range(9999)|map('string')|list * 99"),
    *("(['0'] * 999)|sort(attribute='0' ~ ',0' * 999)", "([[1] * 99] * 99)|sum(start=[])"),
    # Taken to pieces
    *("huge|wordcount", "huge.split()", "huge.splitlines()", "huge|title", "huge|list"),
    # In the square of the length
    *("(doc * 9).strip(doc * 9 ~ 'y')", "(doc * 9)|trim(doc * 9 ~ 'y')"),
)

DOUBLING = (
    *(("'a'", "ns.x ~ ns.x"), ("'a'", "ns.x + ns.x"), ("'a'", "ns.x * 2"), ("3", "ns.x * ns.x")),
    *(("'a'", "[ns.x, ns.x]|join"), ("'a'", "'%s%s'|format(ns.x, ns.x)")),
    *(("'a'", "'%(a)s%(a)s' % {'a': ns.x}"), ("'a'", "ns.x|replace('a', 'aa')")),
    *(("'a'", "ns.x|replace('', 'a')"), ("'a'", "ns.x.join([ns.x, ns.x])")),
    *(("[1]", "ns.x + ns.x"), ("[1]", "[ns.x, ns.x]"), ("(1,)", "(ns.x, ns.x)")),
    *(("{}", "{'a': ns.x, 'b': ns.x}"), ("{}", "dict(a=ns.x, b=ns.x)")),
    *(("'\"'", "ns.x|tojson"), (r"['\0']", "[ns.x|string]"), ("[1]", "[ns.x, ns.x]|list")),
)

LARGE_STATEMENTS = {
    "doubled varargs": (
        "{% macro m() %}{% set ns.x = varargs %}{% endmacro %}"
        "{% for i in range(99) %}{{ m(ns.x, ns.x) }}{% endfor %}"
    ),
    "doubled kwargs": (
        "{% macro m() %}{% set ns.x = kwargs %}{% endmacro %}"
        "{% for i in range(99) %}{{ m(a=ns.x, b=ns.x) }}{% endfor %}"
    ),
    "a deep list": "{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}",
    "a deep key": (
        "{% for i in range(99999) %}{% set ns.x = (ns.x,) %}{% endfor %}{{ {ns.x: 1} }}"
    ),
    "a growing list": (
        "{% set ns.x = [] %}"
        "{% for i in range(99999) %}{% set ns.x = ns.x + [doc ~ i] %}{% endfor %}"
    ),
    "slices kept in a list": (
        "{% set ns.x = [] %}"
        "{% for i in range(99999) %}{% set ns.x = ns.x + [doc[i:]] %}{% endfor %}"
    ),
    "a chain of namespaces": (
        "{% for i in range(99999) %}{% set n = namespace() %}{% set n.x = ns.x %}"
        "{% set ns.x = n %}{% endfor %}"
    ),
    "a chain of macros": (
        "{% macro f(p) %}{% macro g() %}{{ p }}{% endmacro %}{% set ns.x = g %}{% endmacro %}"
        "{% for i in range(99999) %}{{ f(ns.x) }}{% endfor %}"
    ),
    "a chain of macros through a block": (
        "{% macro f(p) %}{% macro g() %}{{ p }}{% endmacro %}"
        "{% set ns.x | default(g, true) %}{% endset %}{% endmacro %}"
        "{% for i in range(99999) %}{{ f(ns.x) }}{% endfor %}"
    ),
    "a chain of macros through varargs": (
        "{% macro h() %}{% set ns.x = varargs %}{% endmacro %}"
        "{% macro f(p) %}{% macro g() %}{{ p }}{% endmacro %}{{ h(g) }}{% endmacro %}"
        "{% for i in range(99999) %}{{ f(ns.x) }}{% endfor %}"
    ),
    "text in a loop": "{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}",
    "variables in a loop": "{% for i in range(99999) %}{{ doc }}{% endfor %}",
    "text in a macro": (
        "{% macro m() %}{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}{% endmacro %}"
        "{% set x = m() %}"
    ),
    "text in a set block": (
        "{% set x %}{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}{% endset %}"
    ),
    "text in a filter block": (
        "{% filter length %}{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}{% endfilter %}"
    ),
    "text of a part in a macro": (
        "{% macro m() %}{% for i in range(99999) %}{% include 'page' %}{% endfor %}{% endmacro %}"
        "{% set x = m() %}"
    ),
    "nothing, very often": (
        "{% set x %}{% for i in range(99999) %}{% for i in range(99) %}{{ '' }}{% endfor %}"
        "{% endfor %}{% endset %}"
    ),
    "a macro without end": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "a block without end": "{% block a %}{{ self.a() }}{% endblock %}",
}


HUGE = "word\n" * 100_000


def refused(source: str) -> TemplateError:
    """The error of a source that gets no deadline; it may use 5 MB on the way."""
    limits = Limits(characters=100_000)
    templates = Templates(clock=Clock(), limits=limits, loader={"page": "x" * 5000}.get)
    template = templates.compile(source)
    gc.collect()
    tracemalloc.start()
    try:
        with pytest.raises(TemplateError) as caught:
            template.render(
                {"doc": "x" * 5000, "huge": HUGE, "rows": [{"id": i} for i in [1] * 99]}
            )
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    return caught.value


@pytest.mark.parametrize("expression", LARGE_EXPRESSIONS)
def test_a_value_that_would_be_too_large_is_not_made(expression: str) -> None:
    assert refused(f"{{{{ ({expression})|default(1) is none }}}}").line == 1


@pytest.mark.parametrize("expression", ["huge|length", "huge[:4]", "huge|truncate(9)", "huge[4]"])
def test_a_long_text_can_be_shortened(expression: str) -> None:
    templates = Templates(clock=Clock(), limits=Limits(characters=100))
    assert templates.compile(f"{{{{ {expression} }}}}").render({"huge": HUGE})


@pytest.mark.parametrize(("start", "twice"), DOUBLING)
def test_a_value_that_doubles_is_stopped(start: str, twice: str) -> None:
    error = refused(
        f"{{% set ns = namespace(x={start}) %}}"
        f"{{% for i in range(99) %}}{{% set ns.x = {twice} %}}{{% endfor %}}"
    )
    assert "the template makes" in error.message
    assert error.line == 1


@pytest.mark.parametrize("source", LARGE_STATEMENTS.values(), ids=LARGE_STATEMENTS)
def test_what_piles_up_is_stopped(source: str) -> None:
    assert refused("{% set ns = namespace(x=1) %}" + source).line == 1


def test_ordinary_work_is_far_from_the_limits() -> None:
    source = (
        "{% macro show(doc) %}# {{ doc.title|trim }}\n{{ doc.text|indent(2) }}\n{% endmacro %}"
        "{% for doc in docs|sort(attribute='title') if doc.text %}{{ show(doc) }}{% endfor %}"
        "{{ docs|map(attribute='title')|join(', ') }}{{ docs|tojson|length }}"
    )
    docs: Json = [{"title": f" Document {i} ", "text": "word " * 300} for i in range(500)]
    assert len(rendered(source, docs=docs)) > 750_000


# Properties

NAMES = st.sampled_from(["text", "n", "items", "ns.x", "row", "missing"])
LEAVES = st.one_of(
    NAMES, st.integers(-3, 10**6).map(str), st.sampled_from(["'ab'", "[1, 2]", "{'k': 'v'}", "1.5"])
)
ARGUMENTS = st.sampled_from(["", "(3)", "('a')", "(10**9)", "('k', 2)", "(1, 'x')"])


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "*", "**", "%", "~", "==", "in", "-", "//", "and"])
    methods = st.sampled_from(["upper", "join", "replace", "zfill", "items", "k", "count", "split"])
    return st.one_of(
        st.tuples(parts, operators, parts).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(parts, st.sampled_from(sorted(FILTERS)), ARGUMENTS).map(
            "{0[0]}|{0[1]}{0[2]}".format
        ),
        st.tuples(parts, st.sampled_from(sorted(TESTS)), ARGUMENTS).map(
            "({0[0]} is {0[1]}{0[2]})".format
        ),
        st.tuples(parts, methods, ARGUMENTS).map("{0[0]}.{0[1]}{0[2]}".format),
        st.tuples(parts, parts).map("[{0[0]}, {0[1]}]".format),
        st.tuples(parts, parts).map("{0[0]}[{0[1]}:]".format),
        st.tuples(parts, parts).map("({0[0]} if {0[1]} else 0)".format),
    )


EXPRESSIONS = st.recursive(LEAVES, combined, max_leaves=6)


def nested(bodies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def tagged(pattern: str) -> st.SearchStrategy[str]:
        return st.tuples(EXPRESSIONS, bodies).map(lambda parts: pattern.format(*parts))

    return st.one_of(
        tagged("{{% for row in {0} %}}{1}{{% endfor %}}"),
        tagged("{{% for row in range(9999) %}}{1}{{{{ {0} }}}}{{% endfor %}}"),
        tagged("{{% if {0} %}}{1}{{% endif %}}"),
        tagged("{{% set ns.x %}}{1}{{{{ {0} }}}}{{% endset %}}"),
        tagged("{{% macro m(row) %}}{1}{{{{ m({0}) }}}}{{% endmacro %}}{{{{ m({0}) }}}}"),
        tagged("{{% filter replace('a', {0}) %}}{1}{{% endfilter %}}"),
        st.tuples(bodies, bodies).map("".join),
    )


SOURCES = st.recursive(
    st.one_of(
        EXPRESSIONS.map("{{{{ {0} }}}}".format),
        EXPRESSIONS.map("{{% set ns.x = {0} %}}".format),
        st.just("{% set ns.x = ns.x ~ ns.x %}"),
        st.just("text\n"),
    ),
    nested,
    max_leaves=8,
)


@settings(max_examples=300, deadline=timedelta(seconds=5))
@given(SOURCES)
def test_no_template_hangs_or_writes_more_than_it_may(source: str) -> None:
    limits = Limits(seconds=1, characters=2000)
    clock = Clock(0.0001)
    templates = Templates(clock=clock, limits=limits)
    variables: JsonObject = {"text": "ab\n" * 99, "n": 7, "items": [{"k": "v"}] * 9}
    text = ""
    with suppress(TemplateError):
        text = templates.compile("{% set ns = namespace(x='a') %}" + source).render(variables)
    assert len(text) <= limits.characters
    assert clock.readings <= 2 * (limits.seconds / 0.0001 + 2)
    assert variables == {"text": "ab\n" * 99, "n": 7, "items": [{"k": "v"}] * 9}


def test_no_operator_can_be_typed_as_a_filter() -> None:
    for name in OPERATORS:
        assert problem(f"{{{{ 1|{name} }}}}").message
