"""Files of other formats: what each says, under our names, and where."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile
from tests.strategies import any_text

DOTPROMPT = """\
# Copyright
---
model: googleai/gemini-2.5-pro
config: {temperature: 0.4, maxOutputTokens: 20}
input:
  schema:
    theme: string, what it is about
    count?: integer
    recipe: Recipe
  default: {theme: pirates}
output: {format: json, schema: {dish: string}}
---
Hello {{!-- {{role "system"}} --}}
{{role "system"}}
Be {{theme}}.
{{history}}
{{role 'user'}} Go \\{{role "tool"}}
"""

PROMPTY_1 = """\
---
name: Basic
authors: [mira, ada]
model:
  api: chat
  configuration: {type: azure_openai, azure_deployment: gpt-35-turbo}
  parameters: {max_tokens: 3000, temperature: 0.2, response_format: {type: json_object}}
sample: {firstName: Jane}
inputs:
  question: {type: string}
  context: some text
---
You help {{firstName}}.
  # User:
{{question}} {# user:
#}
```
assistant:
ok
"""

PROMPTY_2 = """\
---
name: summarize
metadata: {authors: [mira], tags: [a], version: 1.2.0}
model: {id: gpt-4o, provider: openai, options: {topP: 0.5, stopSequences: [END]}}
inputs:
  - {name: text, kind: string}
  - {name: tone, kind: string, default: dry, enumValues: [dry, warm]}
  - {name: more, kind: array, required: false, items: {kind: integer}}
outputs:
  - {name: summary, kind: string}
template: {format: {kind: mustache}, parser: prompty}
---
system[name="x"]:
{{text}}
"""

GITHUB = """\
name: Text Summarizer
model: openai/gpt-4o-mini
modelParameters: {temperature: 0.5, maxTokens: 90}
responseFormat: json_schema
jsonSchema: '{"name": "x", "schema": {"type": "object"}}'
messages:
  - role: system
    content: You are {{tone}}.
  - role: user
    content: |
      Summarize:
      {{input}}
testData:
  - {input: long text, tone: dry, expected: short}
  - {input: other}
"""

KERNEL = """\
name: Story
template_format: handlebars
template: |
  <message role="system">Be {{tone}}</message>
  {{#message role="user"}}
  Tell {{topic}}
  {{/message}}
input_variables:
  - {name: tone, default: nice, json_schema: {type: string}}
  - {name: topic, is_required: true, allow_dangerously_set_content: true}
output_variable: {json_schema: {type: object}}
execution_settings:
  svc: {model_id: gpt-4o, temperature: 0.6}
  default: {temperature: 0.1, stop_sequences: [END]}
"""

LLM = """\
model: gpt-4o
system: Be $tone
prompt: 'Sum up: $input'
defaults: {tone: nice}
options: {temperature: 0.3}
schema_object: {type: object}
"""

PROMPTFOO = """\
[
  {"role": "developer", "content": "You are {{ x }}"},
  {"role": "user", "content": [{"type": "text", "text": "hi {{y}}"}, {"type": "image_url"}]},
  {"role": "assistant", "content": null, "tool_calls": []}
]
"""

FILES = {
    "a.prompt": DOTPROMPT,
    "a.prompty": PROMPTY_1,
    "b.prompty": PROMPTY_2,
    "a.prompt.yml": GITHUB,
    "kernel.yaml": KERNEL,
    "llm.yaml": LLM,
    "a.json": PROMPTFOO,
}


def read(path: str, text: str | None = None) -> PromptFile:
    return read_file(FILES[path] if text is None else text, path=path, is_declared=False)


def told(file: PromptFile) -> list[str]:
    return [
        f"{each.location.line}:{each.location.column} {each.rule}"
        for each in file.problems
        if each.location
    ]


@pytest.mark.parametrize("path", FILES)
def test_a_good_file_has_no_problems_and_every_place_is_in_it(path: str) -> None:
    file = read(path)
    assert file.problems == ()
    assert all(0 < file.value_at(key) < len(file.text) for key in file.routes)
    for passage in file.passages:
        assert all(file.text[passage.offset(at)] == each for at, each in enumerate(passage.text))


@pytest.mark.parametrize("path", FILES)
def test_windows_line_ends_and_a_mark_move_nothing(path: str) -> None:
    plain, stored = read(path), read(path, "\ufeff" + FILES[path].replace("\n", "\r\n"))
    assert stored.passages == plain.passages
    assert {key: stored.value_at(key) for key in stored.routes} == {
        key: plain.value_at(key) for key in plain.routes
    }


@pytest.mark.parametrize(
    ("path", "kind", "engine"),
    [
        ("a.prompt", "dotprompt", "handlebars"),
        ("a.prompty", "prompty", "jinja2"),
        ("b.prompty", "prompty", "mustache"),
        ("a.prompt.yml", "github-models", "placeholders"),
        ("kernel.yaml", "semantic-kernel", "handlebars"),
        ("llm.yaml", "llm-template", "dollar"),
        ("a.json", "promptfoo", "jinja2"),
    ],
)
def test_kind_and_engine(path: str, kind: str, engine: str) -> None:
    assert (read(path).kind, read(path).engine) == (kind, engine)


@pytest.mark.parametrize(
    ("path", "key", "value", "written"),
    [
        ("a.prompt", "model", "googleai/gemini-2.5-pro", "googleai"),
        ("a.prompt", "max_tokens", 20, "20}"),
        ("a.prompty", "model", "gpt-35-turbo", "gpt-35"),
        ("a.prompty", "author", ["mira", "ada"], "[mira"),
        ("a.prompty", "max_tokens", 3000, "3000"),
        ("a.prompty", "output", {"format": "json"}, "{type: json_object}"),
        ("b.prompty", "model", "gpt-4o", "gpt-4o"),
        ("b.prompty", "version", "1.2.0", "1.2.0"),
        ("b.prompty", "tags", ["a"], "[a]"),
        ("b.prompty", "top_p", 0.5, "0.5"),
        ("b.prompty", "stop", ["END"], "[END]"),
        (
            "b.prompty",
            "output",
            {
                "format": "json",
                "schema": {
                    "type": "object",
                    "properties": {"summary": {"type": "string"}},
                    "required": ["summary"],
                },
            },
            "- {name: summary",
        ),
        ("a.prompt.yml", "temperature", 0.5, "0.5"),
        ("a.prompt.yml", "max_tokens", 90, "90"),
        ("a.prompt.yml", "output", {"format": "json", "schema": {"type": "object"}}, "json_schema"),
        ("kernel.yaml", "model", "gpt-4o", "gpt-4o"),
        ("kernel.yaml", "temperature", 0.1, "0.1"),
        ("kernel.yaml", "stop", ["END"], "[END]"),
        ("kernel.yaml", "output", {"format": "json", "schema": {"type": "object"}}, "{type: obj"),
        ("llm.yaml", "temperature", 0.3, "0.3"),
        ("llm.yaml", "output", {"format": "json", "schema": {"type": "object"}}, "{type: obj"),
    ],
)
def test_keys_have_our_names_and_lead_to_where_they_are_written(
    path: str, key: str, value: object, written: str
) -> None:
    file = read(path)
    assert file.meta[key] == value
    assert file.text.startswith(written, file.value_at(key))


@pytest.mark.parametrize(
    ("path", "messages"),
    [
        (
            "a.prompt",
            [
                ("user", 'Hello {{!-- {{role "system"}} --}}'),
                ("system", "Be {{theme}}."),
                ("user", ' Go \\{{role "tool"}}'),
            ],
        ),
        (
            "a.prompty",
            [
                ("system", "You help {{firstName}}."),
                ("user", "{{question}} {# user:\n#}\n```"),
                ("assistant", "ok"),
            ],
        ),
        ("b.prompty", [("system", "{{text}}")]),
        (
            "a.prompt.yml",
            [("system", "You are {{tone}}."), ("user", "Summarize:\n{{input}}\n")],
        ),
        ("kernel.yaml", [("system", "Be {{tone}}"), ("user", "\nTell {{topic}}\n")]),
        ("llm.yaml", [("system", "Be $tone"), ("user", "Sum up: $input")]),
        ("a.json", [("system", "You are {{ x }}"), ("user", "hi {{y}}")]),
    ],
)
def test_messages_have_their_roles(path: str, messages: list[tuple[str, str]]) -> None:
    assert [(each.role, each.text) for each in read(path).passages] == messages


@pytest.mark.parametrize(
    ("path", "inputs", "defaults"),
    [
        (
            "a.prompt",
            {"theme": "7:5 required", "count": "8:5", "recipe": "9:5 required"},
            {"theme": "pirates"},
        ),
        (
            "a.prompty",
            {
                "question": "10:3 required",
                "context": "11:3 required",
                "firstName": "8:10 required",
            },
            {},
        ),
        ("b.prompty", {"text": "6:5 required", "tone": "7:5", "more": "8:5"}, {"tone": "dry"}),
        ("a.prompt.yml", {"input": "14:6 required", "tone": "14:24 required"}, {}),
        ("kernel.yaml", {"tone": "9:6", "topic": "10:6 required"}, {"tone": "nice"}),
        ("llm.yaml", None, {"tone": "nice"}),
        ("a.json", None, {}),
    ],
)
def test_variables_are_told_with_their_places(
    path: str, inputs: dict[str, str] | None, defaults: dict[str, object]
) -> None:
    file = read(path)
    found: dict[str, str] | None = None
    if file.inputs is not None:
        found = {
            name: f"{each.location.line}:{each.location.column}" + " required" * each.required
            for name, each in file.inputs.items()
        }
    assert found == inputs
    assert file.defaults == defaults


def test_messages_with_something_between_them_are_one_template() -> None:
    text = "template_format: handlebars\ntemplate: |\n  <message role='system'>A</message>\n"
    text += "  {{#each log}}<message role='{{role}}'>{{content}}</message>{{/each}}\n"
    file = read("a.prompt.yaml", text)
    assert (file.kind, len(file.passages), file.passages[0].role) == ("semantic-kernel", 1, None)
    assert [use.name for use in file.template.uses] == ["log"]


def test_the_kinds_of_prompty_are_types_of_json_schema() -> None:
    inputs = read("b.prompty").inputs
    assert inputs is not None
    assert inputs["tone"].schema == {"type": "string", "enum": ["dry", "warm"]}
    assert inputs["more"].schema == {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("path", "text", "problems"),
    [
        ("a.prompt", "---\nmodel: m\n", ["1:1 unterminated-frontmatter", "2:9 empty-body"]),
        ("a.prompt", "---\nmodel: m: n\n---\nHi\n", ["2:9 bad-yaml"]),
        ("a.prompt", '---\nmodel: m\n---\nHi\n{{role "boss"}}x\n', ["5:1 bad-value"]),
        ("a.prompt", "---\ninput: {schema: {a: strng}}\n---\nHi\n", ["2:21 bad-schema"]),
        (
            "a.prompt",
            "---\ninput:\n  schema: {a: integer}\n  default: {a: x}\n---\nHi\n",
            ["4:16 bad-default"],
        ),
        ("a.prompty", "---\nname: a\n---\n\n", ["3:4 empty-body"]),
        ("a.prompty", "---\ninputs:\n  q: {type: strin}\n---\nx\n", ["3:13 bad-schema"]),
        (
            "a.prompty",
            "---\ninputs:\n  q: {type: integer, default: x}\n---\nx\n",
            ["3:31 bad-default"],
        ),
        ("a.prompty", "---\ninputs: 7\n---\nx\n", ["2:9 wrong-type"]),
        ("a.prompty", "---\ninputs: [{kind: string}]\n---\nx\n", ["2:10 wrong-type"]),
        ("a.prompt.yml", "- 7\n", ["1:1 wrong-type"]),
        ("a.prompt.yml", "messages: {role: user}\n", ["1:11 wrong-type"]),
        ("a.prompt.yml", "messages: [{role: boss, content: x}]\n", ["1:19 bad-value"]),
        (
            "a.prompt.yml",
            "messages: [{content: 7}, x]\n",
            [*["1:12 wrong-type"], "1:22 wrong-type", "1:26 wrong-type"],
        ),
        ("a.prompt.yml", "responseFormat: jsn\nmessages: []\n", ["1:17 bad-value"]),
        ("a.prompt.yml", "responseFormat: json_schema\nmessages: []\n", ["1:17 bad-schema"]),
        (
            "a.prompt.yml",
            "responseFormat: json_schema\njsonSchema: '{'\nmessages: []\n",
            ["2:13 bad-schema"],
        ),
        ("a.yaml", "template_format: erb\ntemplate: x\n", ["1:18 bad-value"]),
        (
            "a.yaml",
            "template: 7\ntemplate_format: jinja2\ninput_variables: {a: 1}\n",
            ["1:11 wrong-type", "3:18 wrong-type"],
        ),
        ("a.yaml", "prompt: [x]\nsystem: y\n", ["1:9 wrong-type"]),
    ],
)
def test_mistakes_are_placed(path: str, text: str, problems: list[str]) -> None:
    assert sorted(told(read(path, text))) == sorted(problems)


@pytest.mark.parametrize("path", FILES)
@given(at=st.floats(0, 1), cut=st.integers(0, 60), put=any_text)
@settings(max_examples=60)
def test_no_damage_makes_a_reader_fail(path: str, at: float, cut: int, put: str) -> None:
    text = FILES[path]
    start = int(at * len(text))
    file = read(path, text[:start] + put + text[start + cut :])
    assert all(0 <= file.value_at(key) <= len(file.text) for key in file.routes)
    assert all(each.offset(len(each.text)) >= 0 for each in file.passages)
    assert file.template is not None
    assert file.markup is not None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.prompt", "---\nmodel: m\n---\n" + "{{!-- " * 100_000),
        ("a.prompt", "---\nmodel: m\n---\n" + "{{role " * 100_000),
        ("a.prompt", "---\nmodel: m\n---\n" + "{{! " * 100_000),
        ("a.prompty", "---\nmodel: m\n---\n" + "user\n" * 100_000),
        ("a.prompty", "---\nmodel: m\n---\n" + "user [" * 100_000),
        ("a.yaml", "template_format: jinja2\ntemplate: |\n" + "  <message role='user'>\n" * 30_000),
        ("a.prompt.yml", "messages:\n- role: user\n  content: |\n" + "    a b\n" * 100_000),
        ("a.prompt.yml", "messages:\n- role: user\n  content: >\n" + "    a b\n" * 50_000),
    ],
)
def test_hostile_repetition_takes_linear_time(path: str, text: str) -> None:
    start = time.perf_counter()
    read(path, text)
    assert time.perf_counter() - start < 4  # Quadratic would take minutes.


def test_the_template_of_a_folder_of_semantic_kernel_is_text_with_messages() -> None:
    text = '<message role="system">Be brief.</message>\n<message role="user">{{$x}}</message>\n'
    file = read("Fun/Joke/skprompt.txt", text)
    assert [(each.role, each.text) for each in file.passages] == [
        ("system", "Be brief."),
        ("user", "{{$x}}"),
    ]
    assert file.text.startswith("{{$x}}", file.passages[1].offset(0))
    assert (file.name, file.problems) == ("Joke", ())


def test_the_settings_of_a_folder_of_semantic_kernel_are_read() -> None:
    text = """{
  "schema": 1,
  "description": "Tells a joke",
  "execution_settings": {"default": {"max_tokens": 1000, "temperature": 0.9}},
  "input_variables": [{"name": "x", "description": "the topic", "default": ""}]
}
"""
    file = read("Fun/Joke/config.json", text)
    assert (file.meta["max_tokens"], file.meta["temperature"]) == (1000, 0.9)
    assert (list(file.inputs or ()), file.name, file.problems) == (["x"], "Joke", ())
