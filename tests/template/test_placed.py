"""Templates that are read for their places."""

import pytest

from agentops_cli.template.placed import read_placed, refusal_of, undeclared_in
from agentops_cli.template.reads import reads_of
from tests.template.rendering import compiled


@pytest.mark.parametrize(
    ("source", "at", "message"),
    [
        ("a {{ b", 2, "'{{' or '{%' is never closed"),
        ("{{ a b }}", 5, "'b' is not expected here"),
        ("{% if a %}x", 0, "'{% if %}' is never closed"),
        ("x {% if a %}{% if b %}{% endif %}", 2, "'{% if %}' is never closed"),
        ("x{# a", 1, "'{#' is never closed"),
        ("x\n  {% raw %}{{", 4, "'{% raw %}' is never closed"),
        ("{{ a }} {{ $ }}", 11, "the character '$' does not belong here"),
        ("{{ 'abc }}", 3, "a text in quotes is never closed"),
        ("{{ (a }} ", 6, "unexpected '}', expected ')'"),
        ("{%- fo x %}", 4, "unknown tag 'fo'"),
        ("a\n{{-\n\n b c }}", 10, "'c' is not expected here"),
    ],
)
def test_a_mistake_is_found_at_its_very_place(source: str, at: int, message: str) -> None:
    placed = read_placed(source)
    assert placed.tree is None
    assert placed.problem is not None
    assert (placed.problem.line, placed.problem.message) == (at, message)


def test_tags_are_known_by_their_stretches_but_neither_comments_nor_raw_text() -> None:
    source = "a {{- b -}} {# {{ c }} #}{% raw %}{{ d }}{% endraw %}\n{% if e %}{%+ endif %}"
    tags = [source[start:end] for start, end in read_placed(source).tags]
    assert tags == ["{{- b -}}", "{% if e %}", "{%+ endif %}"]


@pytest.mark.parametrize(
    "source",
    ["{{" * 50_000, "{{ (" * 40_000, "{% if a %}" * 15_000, "{{ " + "a+" * 60_000, "{#" * 90_000],
    ids=["braces", "parentheses", "blocks", "terms", "comments"],
)
def test_a_bomb_is_a_mistake(source: str) -> None:
    assert read_placed(source).problem is not None


def test_a_source_that_is_too_long_is_not_parsed() -> None:
    placed = read_placed("{{ a }}" + "b" * 200_000)
    assert placed.problem is not None
    assert "characters long" in placed.problem.message


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("ab {% autoescape true %}{% endautoescape %}", 6),
        ("ab {{ x | upper(a=1, a=2) }}", 23),
        ("{{ [1, 2][1:2, 3] }}", 10),
    ],
)
def test_what_a_run_refuses_in_a_tree_is_refused(source: str, at: int) -> None:
    tree = read_placed(source).tree
    assert tree is not None
    refused = refusal_of(tree)
    assert refused is not None
    assert refused.line == at


SCOPES = [
    "{{ a }}{{ b.c }}{{ d[e] }}",
    "{% for a in b if a %}{{ a }}{{ loop.index }}{% else %}{{ c }}{% endfor %}{{ d }}",
    "{% set a = b %}{{ a }}",
    "{% if a %}{% set b = 1 %}{{ b }}{% endif %}",
    "{% if a %}{% set b = 1 %}{% endif %}{{ b }}",
    "{% if a %}{% set b = 1 %}{% elif c %}{% set b = 2 %}{% else %}{{ d }}{% endif %}{{ b }}",
    "{% for a in b %}{% set c = a %}{% endfor %}{{ c }}",
    "{% macro a(b, c=d) %}{{ b }}{{ varargs }}{{ e }}{% endmacro %}{{ a(f) }}",
    "{% call(a) b() %}{{ a }}{{ c }}{% endcall %}",
    "{% with a = b %}{{ a }}{% endwith %}{{ a }}",
    "{% set a %}{{ b }}{% endset %}{{ a }}",
    "{{ a }}{% set a = 1 %}{{ a }}",
    "{% set ns = namespace(a=b) %}{% set ns.a = c %}{{ ns.a }}{{ range(3) }}",
    "{% block a %}{{ b }}{% endblock %}",
    "{% with a = 1 %}{% block b %}{{ a }}{% endblock %}{% endwith %}",
    "{% filter upper %}{{ a }}{% endfilter %}",
]


@pytest.mark.parametrize("source", SCOPES)
def test_the_names_that_a_template_reads_are_those_that_a_run_asks_for(source: str) -> None:
    tree = read_placed(source).tree
    assert tree is not None
    reads = reads_of(tree, source)
    names = reads.outer & undeclared_in(tree) if reads.is_hard else reads.outer
    assert names == compiled(source).variables


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("{% if a %}{% set b = 1 %}{{ b }}{% endif %}", {"a"}),
        ("{% if a %}{% set b = 1 %}{% else %}{% set b = 2 %}{% endif %}{{ b }}", {"a"}),
        ("{% if a %}{% set b = 1 %}{% endif %}{{ b }}", {"a", "b"}),
    ],
)
def test_a_name_that_a_branch_sets_is_asked_for_only_where_it_may_be_missing(
    source: str, names: set[str]
) -> None:
    assert compiled(source).variables == names
