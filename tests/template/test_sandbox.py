import pytest

from agentops_cli.model.json import JsonObject
from agentops_cli.template.functions import METHODS
from tests.template.rendering import problem, rendered

VALUES: JsonObject = {
    "text": "abc",
    "number": 3,
    "rows": [1, 2],
    "row": {"name": "x", "items": 5, "_id": 7, "get": "g"},
}

INTO_PYTHON = "is not available: templates cannot reach into Python"


@pytest.mark.parametrize(
    "expression",
    [
        "text.__class__",
        "text['__class__']",
        "''.__class__.__mro__[1].__subclasses__()",
        "rows.__init__.__globals__",
        "row.__class__",
        "range.__call__",
        "dict.__subclasses__()",
        "namespace.__init__.__globals__",
        "text.upper.__self__",
        "self.__init__",
        "self.block.__class__",
        "macro.__func__",
        "loop_of.__class__",
        "rows|map(attribute='__class__')|list",
        "[text]|map(attribute='__class__.__mro__')|list",
        "[text]|selectattr('__class__')|list",
        "[text]|groupby('__class__')|list",
        "[text]|join(',', attribute='__class__')",
        "[text, text]|max(attribute='__class__')",
        "[text, text]|sort(attribute='__class__')|list",
        "[text]|unique(attribute='__class__')|list",
        "[1]|sum(attribute='__class__')",
    ],
)
def test_no_attribute_of_python_can_be_read(expression: str) -> None:
    source = (
        "{% block block %}{% endblock %}{% macro macro() %}{% endmacro %}"
        "{% for x in [1] %}{% set loop_of = loop %}\n{{ " + expression + " }}{% endfor %}"
    )
    error = problem(source, variables=VALUES)
    assert INTO_PYTHON in error.message
    assert error.line == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ self._TemplateReference__context }}", "'self' has no '_TemplateReference__context'"),
        ("{% for x in rows %}{{ loop._iterable }}{% endfor %}", "the loop has no '_iterable' here"),
        ("{% macro m() %}{% endmacro %}{{ m._func }}", "a macro has no '_func' here"),
        ("{% macro m() %}{% endmacro %}{{ m.name }}", "a macro has no 'name' here"),
        ("{% import 'part' as p %}{{ p._body_stream }}", "an imported template has no '_body_str"),
        ("{{ text|attr('upper') }}", "'attr' is not available in prompts"),
        ("{{ '{0.__class__}'.format(text) }}", "a text has no 'format' here"),
        ("{{ '%s'|format(range) }}", "a function is no data"),
        ("{{ text.encode() }}", "a text has no 'encode' here"),
        ("{{ number.bit_length() }}", "a number has no 'bit_length' here"),
        ("{{ number.real }}", "a number has no 'real' here"),
        ("{{ dict.fromkeys('ab') }}", "a function has no 'fromkeys' here"),
        ("{{ text() }}", "a text cannot be called"),
        ("{{ rows[0]() }}", "a number cannot be called"),
        (
            "{% from 'part' import __class__ %}",
            "names starting with an underline can not be import",
        ),
        ("{{ cycler.__init__.__globals__ }}", "the variable 'cycler' is not given"),
        ("{{ lipsum.__globals__ }}", "the variable 'lipsum' is not given"),
        ("{{ request.application }}", "the variable 'request' is not given"),
    ],
)
def test_only_what_is_listed_can_be_read_or_called(source: str, message: str) -> None:
    error = problem(source, {"part": "x"}, variables=VALUES)
    assert error.message.startswith(message)


@pytest.mark.parametrize(
    "source",
    [
        "{{ range }}",
        "{{ text.upper }}",
        "{{ [text.upper] }}",
        "{{ {'a': range} }}",
        "{{ 'a' ~ range }}",
        "{{ range|string }}",
        "{{ range|tojson }}",
        "{{ [range]|join }}",
        "{{ self }}",
        "{% for x in rows %}{{ loop }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m }}",
        "{% macro m() %}{{ caller }}{% endmacro %}{% call m() %}{% endcall %}",
        "{% import 'part' as p %}{{ p }}",
        "{% set ns = namespace() %}{{ ns }}",
        "{% set ns = namespace() %}{% set ns.x = range %}",
        "{% set ns = namespace() %}{% set ns.x = ns %}",
        (
            "{% macro m(f) %}{% set ns = namespace() %}"
            "{% set ns.x | default(f, true) %}{% endset %}{% endmacro %}{{ m(range) }}"
        ),
        "{% set ns = namespace(f=range) %}",
        "{% macro m() %}{{ varargs }}{% endmacro %}{{ m(range) }}",
        "{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(a=range) }}",
        "{{ (1 if rows == 1)|list + [1 if rows == 1] }}",
    ],
)
def test_only_data_can_be_written_or_kept(source: str) -> None:
    error = problem(source, {"part": "x"}, variables=VALUES)
    assert "is no data: it cannot be written or kept in a list" in error.message


@pytest.mark.parametrize(
    "source",
    [
        "{{ rows.append(3) }}",
        "{{ rows.sort() }}",
        "{{ rows.clear() }}",
        "{{ row.update({'name': 'y'}) }}",
        "{{ row.pop('name') }}",
        "{{ row.setdefault('y', 1) }}",
    ],
)
def test_a_variable_cannot_be_changed(source: str) -> None:
    error = problem(source, variables=VALUES)
    assert error.fix == (
        "templates change nothing that they are given; make a new value, with + or dict()"
    )


@pytest.mark.parametrize(
    "source", ["{% set row.name = 1 %}", "{% set rows.x = 1 %}", "{% set text.x = 1 %}"]
)
def test_only_a_namespace_can_be_assigned_to(source: str) -> None:
    error = problem(source, variables=VALUES)
    assert error.message == "cannot assign attribute on non-namespace object"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("row.name", "x"),
        ("row['name']", "x"),
        ("row._id", "7"),
        ("row['items']", "5"),
        ("row.items()|length", "4"),
        ("row.get('name')", "x"),
        ("row['get']", "g"),
        ("row.keys()", "['name', 'items', '_id', 'get']"),
        ("row.nothing is defined", "False"),
        ("row.nothing|default('-')", "-"),
        ("text.__class__ is defined", "False"),
        ("rows.0", "1"),
        ("rows[-1]", "2"),
        ("rows[5]|default('-')", "-"),
        ("text[1]", "b"),
        ("text['upper']()", "ABC"),
        ("(1, 2)[1]", "2"),
        ("range(5)[2]", "2"),
        ("namespace(x=none).x", ""),
        ("namespace().x is defined", "False"),
    ],
)
def test_parts_of_values_are_read_as_in_jinja(expression: str, text: str) -> None:
    assert rendered(f"{{{{ {expression} }}}}", **VALUES) == text


@pytest.mark.parametrize(
    ("expression", "message", "fix"),
    [
        ("row.nam", "the mapping has no key 'nam'", "did you mean 'name'?"),
        ("row['nam']", "the mapping has no key 'nam'", "did you mean 'name'?"),
        ("rows[2]", "there is no item 2: a list of 2", None),
        ("text[9]", "there is no item 9: a text of 3", None),
        ("text.uper()", "a text has no 'uper' here", "did you mean 'upper'?"),
        ("'{}'.format(1)", "a text has no 'format' here", "use the filter: '%.2f'|format(price)"),
        ("namespace().x", "a namespace has no 'x' here", None),
    ],
)
def test_a_part_that_is_not_there_is_named(expression: str, message: str, fix: str | None) -> None:
    error = problem(f"ok\n{{{{ {expression} }}}}", variables=VALUES)
    assert (error.message, error.fix, error.line) == (message, fix, 2)


def test_methods_that_are_offered_exist_in_python() -> None:
    for kinds, methods in METHODS:
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            assert all(hasattr(kind, name) for name in methods)
