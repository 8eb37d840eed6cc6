"""What templates read, and where, by their engines."""

import time

import pytest

from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import Engine, Passage, PromptFile, Span, Stored
from agentops_cli.prompt.uses import TemplateView, view_of

HEAD = "---\nversion: 1.0.0\n---\n"


def native(body: str) -> PromptFile:
    return read_file(HEAD + body, path="prompts/a.prompt.md")


def other(engine: Engine, text: str) -> PromptFile:
    passage = Passage(role="user", text=text, segments=((0, 0),))
    return PromptFile(
        path="a.prompt",
        kind="dotprompt",
        stored=Stored(text),
        engine=engine,
        body=Span(start=0, end=len(text)),
        passages=(passage,),
    )


def uses(file: PromptFile) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(use.name, use.kind, use.filters) for use in file.template.uses]


def problems(view: TemplateView) -> list[str]:
    return [problem.message for problem in view.problems]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ a }}{{b|upper|trim}}{{- c -}}", [("a", ()), ("b", ("upper", "trim")), ("c", ())]),
        ("{# {{ a }} #}{{ b }}", [("b", ())]),
        ("{% raw %}{{ a }}{% endraw %}{{ b }}", [("b", ())]),
        ("{{ a.b['c'] | e }}", [("a", ("e",))]),
        ("{{ a[-3:] }}{{ true }}", [("a", ("[:]",))]),
        ("{{ grüße }}", [("grüße", ())]),
        ('{"a": {"b": 1}} $a {b}', []),
    ],
)
def test_what_is_put_into_the_text_is_found(
    body: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert uses(native(body)) == [(name, "output", filters) for name, filters in expected]


def test_each_use_tells_what_for() -> None:
    body = (
        "{% if a == b %}{{ c if d else e }}{% endif %}{% for x in f %}{% endfor %}{% set y = g %}"
    )
    assert [(name, kind) for name, kind, _ in uses(native(body))] == [
        ("a", "condition"),
        ("b", "condition"),
        ("c", "output"),
        ("d", "condition"),
        ("e", "output"),
        ("f", "loop"),
        ("g", "other"),
    ]


@pytest.mark.parametrize("more", ["", "{% if c %}{% endif %}"])
def test_places_are_those_of_the_file(more: str) -> None:
    file = native(f"Hi {{{{ a }}}}\nuser:\n\n  {{{{- b | upper }}}}{more}\n")
    first, second, *_ = file.template.uses
    assert [(use.role, use.passage) for use in (first, second)] == [("system", 0), ("user", 1)]
    assert file.text[first.span.start : first.span.end] == "a"
    assert file.text[first.tag.start : first.tag.end] == "{{ a }}"
    assert file.text[second.tag.start : second.tag.end] == "{{- b | upper }}"
    assert file.location(second.span.start).line == 7
    (piece,) = [each for each in file.template.pieces if each.kind == "filter"]
    assert file.text[piece.span.start : piece.span.end] == "upper"


def test_a_variable_with_a_default_or_a_question_is_optional_everywhere() -> None:
    body = "{{ a }}{{ a | default('x') }}{% if b is defined %}{{ b }}{% endif %}{{ c }}"
    optional = {use.name for use in native(body).template.uses if use.optional}
    assert optional == {"a", "b"}


def test_what_is_included_is_named_where_a_name_is_written() -> None:
    body = "{% include 'a.md' %}{% include b %}{% include 'c.md' ignore missing %}"
    view = native(body).template
    assert [(each.name, each.optional) for each in view.includes] == [
        ("a.md", False),
        (None, False),
        ("c.md", True),
    ]
    assert [problem.rule for problem in view.problems] == ["unsafe"]


def test_every_unknown_name_is_a_problem_of_its_own() -> None:
    view = native("{{ a | nope }}{{ b is nopee }}{{ random() }}").template
    assert problems(view) == [
        "unknown filter 'nope'",
        "unknown test 'nopee'",
        "'random' is not available in prompts: a prompt must render the same text twice",
    ]


def test_messages_in_yaml_are_templates_of_their_own() -> None:
    text = "- role: system\n  content: |\n    Be {{ tone }}.\n"
    text += "- role: user\n  content: '{{ question }}'\n"
    file = read_file(text, path="a.yaml")
    found = [
        (use.name, use.role, file.text[use.span.start : use.span.end]) for use in file.template.uses
    ]
    assert found == [("tone", "system", "tone"), ("question", "user", "question")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{a}} {{{b}}} {{&c}} {{d.e}}", "a b c d"),
        ("{{#if a}}{{b}}{{else if c}}{{/if}}", "a b c"),
        ("{{#each a as |x i|}}{{x}}{{y}}{{../b}}{{@root.c}}{{@index}}{{this}}{{/each}}", "a b c"),
        ('{{role "system"}}{{history}}{{json a indent=2}}{{media url=b}}', "a b"),
        ("{{!-- {{a}} --}}{{! {{b}}\\{{c}}{{{{raw}}}}{{d}}{{{{/raw}}}}{{e}}", "e"),
        ("{{>part a b=c}}{{#unless (eq d 'x')}}{{/unless}}", "a c d"),
    ],
)
def test_handlebars_reads_what_is_of_the_case(text: str, expected: str) -> None:
    file = other("handlebars", text)
    assert [use.name for use in file.template.uses] == expected.split()
    assert all(file.text[u.span.start : u.span.end] == u.name for u in file.template.uses)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{#if a}}", "'{{#if}}' is never closed"),
        ("{{/if}}", "'{{/if}}' closes nothing"),
        ("{{#if a}}{{/each}}", "'{{/each}}' does not belong here"),
        ("{{ a", "'{{' is never closed with '}}'"),
        ("{{! a", "'{{!' is never closed"),
        ("{{}}", "the tag is empty"),
        ("{{else}}", "'{{else}}' stands outside of a block"),
    ],
)
def test_handlebars_tells_the_first_mistake(text: str, message: str) -> None:
    assert problems(other("handlebars", text).template) == [message]


def test_mustache_has_no_helpers_and_other_braces_are_not_read() -> None:
    assert [use.name for use in other("mustache", "{{#a}}{{b}}{{/a}}{{c}}").template.uses] == [
        "a",
        "c",
    ]
    assert other("mustache", "{{=<% %>=}}<% a %>{{#b").template.problems == ()


def test_placeholders_are_names_and_nothing_else() -> None:
    file = other("placeholders", "{{a}} {{ b-c }} {{ d.e }} {{#if f}} {{")
    assert [use.name for use in file.template.uses] == ["a", "b-c"]
    assert file.template.problems == ()


def test_dollars_are_read_as_python_reads_them() -> None:
    file = other("dollar", "$a ${b} $$c ${d e")
    assert [use.name for use in file.template.uses] == ["a", "b"]
    assert problems(file.template) == ["'$' is followed by no name"]


@pytest.mark.parametrize("engine", ["jinja2", "handlebars", "mustache", "placeholders", "dollar"])
@pytest.mark.parametrize(
    "part", ["{{", "{{ a ", "{{#if a}}", "{{!", "{{!--", "{{{{", '{{"', "{%", "{#", "\\{{", "${a"]
)
def test_bombs_take_linear_time(engine: Engine, part: str) -> None:
    file = other(engine, part * (300_000 // len(part)))
    start = time.process_time()
    view_of(file)
    assert time.process_time() - start < 3
