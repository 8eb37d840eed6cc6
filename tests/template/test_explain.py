import pytest

from agentops_cli.template.limits import MAX_MESSAGE
from tests.template.rendering import problem

RAW = "to write the braces themselves, put {% raw %} before and {% endraw %} after"


@pytest.mark.parametrize(
    ("source", "line", "message", "fix"),
    [
        ("a\n{% if x %}\nb\n", 2, "'{% if %}' is never closed", "add {% endif %}"),
        ("{% if x %}{% endif %}\n{% if y %}\n", 2, "'{% if %}' is never closed", "add {% endif %}"),
        ("a\n{% for x in y %}\n{% if x %}{% endif %}", 2, "'{% for %}' is never closed", None),
        ("a\n{% set x %}\n\nb", 2, "'{% set %}' is never closed", "add {% endset %}"),
        ("{% set x %}\n{% set y = 1 %}\n{% set z %}{% endset %}", 1, "'{% set %}' is never", None),
        ("a\n{% set x | d(boolean=true) %}\n{% set y = 1|abs %}", 2, "'{% set %}' is never", None),
        ("{% set x|indent(width=1) %}{% endset %}\n{% set y %}", 2, "'{% set %}' is never", None),
        ("a\n{% raw %}\nb", 2, "'{% raw %}' is never closed", "add {% endraw %}"),
        ("a\n{# b\nc", 2, "'{#' is never closed", "add #} after the comment"),
        ("a\n{{ x", 2, "'{{' or '{%' is never closed", RAW),
        ("a\n{{ x }\nb", 2, "unexpected '}'", RAW),
        ("a\n{{ 'x }}", 2, "a text in quotes is never closed", "add the closing quote"),
        ("a\n{{ $x }}", 2, "the character '$' does not belong here", RAW),
        ('a\n{{"key": 1}}', 2, "':' is not expected here", RAW),
        ("a\n{{ x y }}", 2, "'y' is not expected here", RAW),
        ("a\n{{ x + }}", 2, "unexpected '}}'", RAW),
        ("a\n{{ }}", 2, "expected an expression, got '}}'", RAW),
        ("a\n{% %}", 2, "'{%' is followed by no name of a tag", RAW),
        ("a\n{% inclde 'x' %}", 2, "unknown tag 'inclde'", "did you mean 'include'?"),
        ("a\n{% endfro %}", 2, "unknown tag 'endfro'", "did you mean 'endfor'?"),
        ("a\n{% endif %}", 2, "the tag 'endif' does not belong here", "remove it"),
        (
            "{% for x in y %}\n{% if x %}\n{% endfor %}",
            3,
            "the tag 'endfor' does not belong here",
            "close {% if %} before it",
        ),
        ("a\n{{ x|uper }}", 2, "unknown filter 'uper'", "did you mean 'upper'?"),
        ("a\n{% if 0 %}{{ x|uper }}{% endif %}", 2, "unknown filter 'uper'", None),
        ("a\n{{ x is defind }}", 2, "unknown test 'defind'", "did you mean 'defined'?"),
        ("a\n{{ f(a=1, a=2) }}", 2, "the argument 'a' is given twice", "remove one of them"),
        ("a\n{{ x|d(a=1, a=2) }}", 2, "the argument 'a' is given twice", "remove one of them"),
        ("a\n{{ x[1:2, 3] }}", 2, "':' does not belong here", "take one slice at a time"),
        ("a\n{{ " + "9" * 4301 + " }}", 2, "a number has more than 4,300 digits", "quote it"),
        ("a\n{{ 0x" + "f" * 4000 + " }}", 2, "the number is too large", None),
        ("a\n{{ -1e999 }}", 2, "the number is too large", None),
        ("a\n{% block a-b %}{% endblock %}", 2, "block names in Jinja have to be valid", None),
        (
            "{% block a %}{% endblock %}\n{% block a %}{% endblock %}",
            2,
            "block 'a' defined tw",
            None,
        ),
        ("a\n{% autoescape true %}{% endautoescape %}", 2, "the tag 'autoescape' is not a", None),
        ("a\n{% do x %}", 2, "unknown tag 'do'", None),
        ("a\n{% include x %}", 2, "the name of an included or imported template has to be w", None),
        ("a\n{% import 'a' ~ x as y %}", 2, "the name of an included or imported template", None),
        ("a\n{% extends ['a', 'b'] %}", 2, "there is no template 'a' or 'b'", None),
        ("a\n{% include [] %}", 2, "there is no template", None),
    ],
)
def test_a_mistake_has_its_line_plain_words_and_a_fix(
    source: str, line: int, message: str, fix: str | None
) -> None:
    error = problem(source)
    assert error.line == line
    assert error.message.startswith(message)
    assert fix is None or error.fix == fix


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "{{ 1" + " + 1" * 3000 + " }}",
        "{{ x" + ".x" * 3000 + " }}",
        "{{ x" + "|upper" * 3000 + " }}",
        "{{ " + "not " * 3000 + "x }}",
        "{{ " * 3000,
        "{% if x %}" * 500 + "{% endif %}" * 500,
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_what_overruns_the_stack_is_no_crash(source: str) -> None:
    assert problem(source).message == "the template nests too deeply, or calls itself without end"


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("{% if x %}" * 110 + "{% endif %}" * 110, "too many levels of indentation"),
        ("{% for x in y %}" * 25 + "{% endfor %}" * 25, "too many statically nested blocks"),
    ],
)
def test_what_python_does_not_compile_is_placed(source: str, limit: str) -> None:
    error = problem(f"a\n{source}")
    assert error.message == f"the template cannot be compiled: {limit}"
    assert error.fix == "nest less"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("loop", "a {% for %} loop"),
        ("caller", "a macro that {% call %} calls"),
        ("super", "a block of a template that extends another"),
        ("varargs", "a macro"),
        ("kwargs", "a macro"),
    ],
)
def test_names_that_jinja_gives_are_known_to_be_missing_outside(name: str, place: str) -> None:
    assert problem(f"{{{{ {name} }}}}").message == f"{name!r} exists only inside {place}"


@pytest.mark.parametrize(
    "source",
    ["{{ " + "x" * 9999 + " }}", "{{ 1|" + "x" * 9999 + " }}", "{{ x.y" + "y" * 9999 + " }}"],
)
def test_messages_stay_short(source: str) -> None:
    error = problem(source, variables={"x": {"z" * 9999: 1}})
    assert len(error.message) <= MAX_MESSAGE
    assert len(error.fix or "") <= MAX_MESSAGE


def test_a_step_over_lines_is_placed_at_its_line() -> None:
    source = "{% set x = 1 %}\n\n{{ 'a' }}\n{{ [1,\n2]|map('upper')\n|map('center', 1, 2, 3) }}\n"
    assert problem(source).line in {4, 5, 6}


def test_a_step_in_a_macro_is_placed_in_the_macro() -> None:
    assert problem("{% macro m() %}\n\n{{ 1 / 0 }}\n{% endmacro %}\n\n\n{{ m() }}").line == 3
