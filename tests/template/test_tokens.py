import pytest

from agentops_cli.template.tokens import same_message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Say hello.", "Say hello."),
        ("Say {# why #}hello.", "Say hello."),
        ("{# why #}\nSay hello.", "Say hello."),
        ("Say hello.\n{# why #}\n", "Say hello."),
        ("a {{ b }}", "a {{b}}"),
        ("a  {%- if b %}c{% endif %}", "a{% if b %}c{% endif %}"),
    ],
)
def test_templates_that_differ_in_nothing_that_is_rendered_are_the_same(
    one: str, other: str
) -> None:
    assert same_message(one, other)
    assert same_message(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Say hello.", "Say hello!"),
        ("a {#- why -#} b", "a  b"),
        ("  {# why #}Say", "Say"),
        ("{{ a }}", "{{ b }}"),
        ("{{ a }} b", "{{ a }}b"),
        ("{{ 'a b' }}", "{{ 'a  b' }}"),
        ("a{% raw %}{{ b }}{% endraw %}", "a{{ b }}"),
        ("{% if a %}b{% endif %}", "b"),
        ("{{ a ) }}", "{{ a ) }}"),
    ],
)
def test_templates_that_may_differ_are_not_the_same(one: str, other: str) -> None:
    assert not same_message(one, other)
