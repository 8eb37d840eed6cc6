"""A prompt file is read in full, or refused with every mistake, its place and its fix."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Prompt, PromptMeta, Sampling
from agentops_cli.prompt.read import default_name, read_prompt

ROOT = Path(__file__).parent.parent.parent
INVALID = ROOT / "tests" / "invalid" / "prompts"
HEAD = "version: 1.0.0\nmodel: openai/gpt-4o-mini\n"


def read(frontmatter: str = "", body: str = "Be brief.\n", path: str = "p.prompt.md") -> Prompt:
    return read_prompt(f"---\n{HEAD}{frontmatter}\n---\n{body}", path=path)


def refused(text: str, path: str = "p.prompt.md") -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        read_prompt(text, path=path)
    return caught.value.findings


def shown(findings: tuple[Finding, ...]) -> str:
    return "".join(f"{f.location} {f.rule}: {f.message}\n  fix: {f.fix}\n" for f in findings)


# What is read


FULL = """\
# Licence: Apache-2.0
---
version: 1.2.0-rc.1+build.5
model: [openai/gpt-4o-mini, anthropic/claude-sonnet-4-5]
name: product-manager
description: Turns a wish into a user story.
author: [mira, "@jo"]
requires_review: ["@product"]
status: draft
temperature: 0.2
top_p: 1
top_k: 40
max_tokens: 512
seed: 7
stop: [END, "###"]
reasoning_effort: low
presence_penalty: -0.5
frequency_penalty: 2
tags: [product, stories]
tier: mvp
tests: ../evals/product-manager.yaml
min_cases: 5
owners: ["@product"]
changelog:
  - {version: 1.2.0, date: 2026-01-02, author: mira, changes: [shorter]}
budget: {max_cost_per_call: 0.01, max_prompt_tokens: 2000}
guardrails: [Limits]
deprecated: {since: 2.0.0, replaced_by: stories, remove_after: 2027-01-01}
lint: {ignore: [PT009]}
metadata: {anything: [1, {goes: true}]}
x-team: growth
genkit.cache: {ttl: 5}
config:
  logit_bias: {"50256": -100}
  thinking: {type: disabled}
---
Be brief.
"""


def test_a_full_frontmatter_is_read_key_by_key() -> None:
    meta = read_prompt(FULL, path="prompts/pm.prompt.md").meta
    assert meta == PromptMeta(
        version="1.2.0-rc.1+build.5",
        models=("openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"),
        sampling=Sampling(
            temperature=0.2,
            top_p=1.0,
            top_k=40,
            max_tokens=512,
            seed=7,
            stop=("END", "###"),
            reasoning_effort="low",
            presence_penalty=-0.5,
            frequency_penalty=2.0,
            extra={"logit_bias": {"50256": -100}, "thinking": {"type": "disabled"}},
        ),
        authors=("mira", "@jo"),
        requires_review=("@product",),
        description="Turns a wish into a user story.",
        status="draft",
        tags=frozenset({"product", "stories"}),
        extra={
            "tier": "mvp",
            "tests": "../evals/product-manager.yaml",
            "min_cases": 5,
            "owners": ["@product"],
            "changelog": [
                {"version": "1.2.0", "date": "2026-01-02", "author": "mira", "changes": ["shorter"]}
            ],
            "budget": {"max_cost_per_call": 0.01, "max_prompt_tokens": 2000},
            "guardrails": ["Limits"],
            "deprecated": {
                "since": "2.0.0",
                "replaced_by": "stories",
                "remove_after": "2027-01-01",
            },
            "lint": {"ignore": ["PT009"]},
            "metadata": {"anything": [1, {"goes": True}]},
            "x-team": "growth",
            "genkit.cache": {"ttl": 5},
        },
    )


def test_the_least_frontmatter_leaves_the_rest_to_defaults() -> None:
    prompt = read_prompt("---\nversion: 1.0.0\nmodel: m\n---\nHi {{ x }}\n", path="a/b.prompt.md")
    assert prompt.name == "b"
    assert prompt.meta == PromptMeta(version="1.0.0", models=("m",))
    assert (prompt.body, prompt.body_line) == ("Hi {{ x }}\n", 5)
    assert (prompt.inputs, prompt.defaults, prompt.output_schema) == (None, {}, None)
    assert str(prompt.location) == "a/b.prompt.md"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("prompts/product-manager.prompt.md", "product-manager"),
        ("Support.Prompt.MD", "Support"),
        ("a.en.prompt.md", "a.en"),
        ("notes.md", "notes"),
        ("x/summary.txt", "summary"),
        ("reply.prompt.txt", "reply.prompt"),
        ("v1.2:prompts/a.prompt.md", "a"),
    ],
)
def test_a_prompt_without_a_name_has_its_files(path: str, name: str) -> None:
    assert default_name(path) == name


def test_the_hash_is_of_the_text_exactly_as_it_was() -> None:
    texts = [f"{bom}---{end}{HEAD}---{end}Hé" for bom in ("", "\ufeff") for end in ("\n", "\r\n")]
    hashes = [read_prompt(text, path="p.prompt.md").sha256 for text in texts]
    assert hashes == [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def test_line_ends_and_a_byte_order_mark_change_nothing_else() -> None:
    plain = read_prompt(FULL, path="p.prompt.md")
    windows = read_prompt("\ufeff" + FULL.replace("\n", "\r\n"), path="p.prompt.md")
    assert (windows.meta, windows.body, windows.body_line) == (plain.meta, plain.body, 37)


@pytest.mark.parametrize(
    ("body", "takes"),
    [
        ("Be brief.", True),
        ("system:\nBe brief.", True),
        ("assistant:\nHello.", True),
        ("Be brief.\nuser:\nHi", False),
        ("{% if a %}\n# User:\nHi\n{% endif %}", False),
        ("```\nuser:\n```\nnever", True),
    ],
)
def test_a_case_has_the_users_word_where_no_line_gives_it_away(body: str, takes: bool) -> None:
    assert read(body=body).takes_user_input is takes


@pytest.mark.parametrize("suffix", [".md", ".txt", ".j2"])
def test_a_plain_file_is_a_prompt_as_it_is(suffix: str) -> None:
    text = "# You are a bot\n\n---\n\nBe brief.\n"
    prompt = read_prompt(text, path=f"prompts/my-bot{suffix}")
    assert (prompt.name, prompt.meta, prompt.body) == ("my-bot", PromptMeta(), text)
    assert (prompt.body_line, prompt.inputs) == (1, None)


def test_a_plain_file_with_frontmatter_is_read_like_any_other() -> None:
    prompt = read_prompt(f"---\n{HEAD}---\nBe brief.\n", path="bot.md")
    assert prompt.meta.model == "openai/gpt-4o-mini"
    [finding] = refused("---\nmodel: m\n---\nBe brief.\n", "bot.md")
    assert finding.message == "missing key 'version'"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("a.yaml", "unknown-format"),
        ("a.json", "unknown-format"),
        ("a.py", "unknown-format"),
        ("README", "unknown-format"),
    ],
)
def test_files_of_no_known_format_are_refused_and_never_guessed_at(path: str, rule: str) -> None:
    [finding] = refused("---\nversion: 1.0.0\n---\nHi", path)
    assert (finding.rule, str(finding.location)) == (rule, path)
    assert "*.prompt.md" in (finding.fix or "")


# Sampling


@pytest.mark.parametrize(
    ("frontmatter", "field", "value"),
    [
        ("temperature: 0", "temperature", 0.0),
        ("config: {temperature: 0.5}", "temperature", 0.5),
        ("temperature: 0\nconfig: {temperature: 0.5}", "temperature", 0.0),
        ("config: {topP: 0.5}", "top_p", 0.5),
        ("config: {topP: 0.5, top_p: 0.6}", "top_p", 0.6),
        ("config: {topK: 3}", "top_k", 3),
        ("config: {maxOutputTokens: 9}", "max_tokens", 9),
        ("config: {maxTokens: 9}", "max_tokens", 9),
        ("config: {max_completion_tokens: 9}", "max_tokens", 9),
        ("max_tokens: 512.0", "max_tokens", 512),
        ("config: {stopSequences: [a, b]}", "stop", ("a", "b")),
        ("stop: END", "stop", ("END",)),
        ("config: {seed: 0}", "seed", 0),
        ("config: {reasoningEffort: high}", "reasoning_effort", "high"),
        ("config: {presencePenalty: 1}", "presence_penalty", 1.0),
        ("config: {frequencyPenalty: -2}", "frequency_penalty", -2.0),
    ],
)
def test_sampling_is_read_from_the_top_level_and_from_config(
    frontmatter: str, field: str, value: Any
) -> None:
    sampling = read(frontmatter).meta.sampling
    assert getattr(sampling, field) == value
    assert type(getattr(sampling, field)) is type(value)
    assert sampling.extra == {}


@pytest.mark.parametrize(
    "key",
    [
        *("api_base", "apiBase", "base_url", "baseUrl", "api_key", "apiKey", "api_version"),
        *("extra_headers", "headers", "extra_body", "organization", "custom_llm_provider"),
        *("aws_secret_access_key", "azure_ad_token", "vertex_credentials", "hf_token"),
        *("input_cost_per_token", "service_tier", "fallbacks", "model_list", "mock_response"),
        *("num_retries", "max_retries", "timeout", "stream", "stream_options", "caching"),
        *("n", "best_of", "candidateCount", "max_new_tokens", "num_predict", "model", "messages"),
        *("tools", "tool_choice", "functions", "response_format", "litellm_params", "client"),
        *("web_search_options", "prediction", "logger_fn", "callbacks", "ssl_verify"),
    ],
)
def test_a_prompt_cannot_say_where_a_call_goes_or_what_it_may_cost(key: str) -> None:
    [finding] = refused(f"---\n{HEAD}config: {{logprobs: true, {key}: 1}}\n---\nHi")
    assert finding.rule == "misplaced-setting"
    assert repr(key) in finding.message
    assert str(finding.location) == "p.prompt.md:4:26"


@pytest.mark.parametrize(
    "key",
    [
        *("logit_bias", "logprobs", "top_logprobs", "thinking", "verbosity", "user", "min_p"),
        *("repetition_penalty", "safety_settings", "num_ctx", "mirostat", "metadata", "store"),
    ],
)
def test_other_settings_of_a_provider_are_passed_through(key: str) -> None:
    assert read(f"config: {{{key}: 1}}").meta.sampling.extra == {key: 1}


# Input and output


def test_picoschema_inputs_have_types_needs_and_places() -> None:
    prompt = read(
        "input:\n"
        "  schema:\n"
        "    ticket: string, what the user wrote\n"
        "    tone?(enum): [calm, brisk]\n"
        "  default: {tone: calm}\n"
        "  untrusted: [ticket]\n"
    )
    assert prompt.inputs is not None
    ticket, tone = prompt.inputs["ticket"], prompt.inputs["tone"]
    assert ticket.schema == {"type": "string", "description": "what the user wrote"}
    assert (ticket.required, ticket.trusted) == (True, False)
    assert str(ticket.location) == "p.prompt.md:6:5"
    assert tone.schema == {"enum": ["calm", "brisk", None]}
    assert (tone.required, tone.trusted) == (False, True)
    assert str(tone.location) == "p.prompt.md:7:5"
    assert prompt.defaults == {"tone": "calm"}


def test_json_schema_inputs_are_read_alike() -> None:
    prompt = read(
        "input:\n"
        "  schema:\n"
        "    type: object\n"
        "    required: [ticket]\n"
        "    properties:\n"
        "      ticket: {type: string, minLength: 1}\n"
        "      house_style: {type: string, trusted: true}\n"
        "      tags: {type: array, items: {$ref: '#/$defs/tag'}}\n"
        "    $defs: {tag: {type: string}}\n"
    )
    assert prompt.inputs is not None
    ticket, style, tags = (prompt.inputs[name] for name in ("ticket", "house_style", "tags"))
    assert (ticket.required, ticket.trusted) == (True, False)
    assert (style.required, style.trusted, style.schema) == (False, True, {"type": "string"})
    assert tags.schema["$defs"] == {"tag": {"type": "string"}}
    assert str(style.location) == "p.prompt.md:10:7"


def test_no_variable_is_trusted_unless_the_file_says_so() -> None:
    prompt = read("input: {schema: {a: string, b: string}}")
    assert prompt.inputs is not None
    assert not any(declared.trusted for declared in prompt.inputs.values())


def test_defaults_may_stand_without_a_schema() -> None:
    prompt = read("input: {default: {tone: calm}}")
    assert (prompt.inputs, prompt.defaults) == (None, {"tone": "calm"})


@pytest.mark.parametrize(
    ("frontmatter", "schema"),
    [
        ("output: {format: json}", None),
        ("output: {format: text}", None),
        ("output: {schema: string}", {"type": "string"}),
        (
            "output: {format: json, schema: {label: string}}",
            {
                "type": "object",
                "properties": {"label": {"type": "string"}},
                "required": ["label"],
                "additionalProperties": False,
            },
        ),
        (
            "output: {schema: {type: array, items: {type: string}, minItems: 1}}",
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ),
        (
            "output: {schema: {properties: {a: {type: string}}}}",
            {"type": "object", "properties": {"a": {"type": "string"}}},
        ),
    ],
)
def test_the_shape_of_the_answer_becomes_json_schema(frontmatter: str, schema: Json) -> None:
    prompt = read(frontmatter)
    assert prompt.output_schema == schema
    assert "output" in prompt.meta.extra


# What is refused


@pytest.mark.parametrize("file", sorted(INVALID.glob("*.md")), ids=lambda file: file.name)
def test_every_mistake_is_reported_at_once_with_place_and_fix(file: Path) -> None:
    text = file.read_bytes().decode()
    expected = (INVALID / f"{file.name.split('.')[0]}.txt").read_text(encoding="utf-8")
    assert shown(refused(text, file.name)) == expected


def test_every_invalid_file_has_its_findings_and_the_other_way_round() -> None:
    prompts = {file.name.split(".")[0] for file in INVALID.glob("*.md")}
    assert prompts == {file.stem for file in INVALID.glob("*.txt")} != set()


@pytest.mark.parametrize(
    "version",
    ["1.0.0", "0.0.0", "10.20.30", "1.0.0-alpha", "1.0.0-0.3.7", "1.0.0+20130313", "1.0.0-a.b+c.d"],
)
def test_a_semantic_version_is_read(version: str) -> None:
    text = f"---\nversion: {version}\nmodel: m\n---\nHi"
    assert read_prompt(text, path="p.prompt.md").meta.version == version


@pytest.mark.parametrize(
    "version",
    [
        "1.0",
        "v1.0.0",
        "01.0.0",
        "1.0.0-",
        "1.0.0-01",
        "1.0.0+",
        "1.0.0.0",
        "\u0661.0.0",
        " ",
        "1.0.0\\n",
    ],
)
def test_another_version_is_refused(version: str) -> None:
    [finding] = refused(f'---\nversion: "{version}"\nmodel: m\n---\nHi')
    assert "'version' has not the right form" in finding.message
    assert "1.4.0" in (finding.fix or "")


def test_a_version_that_yaml_read_as_a_number_is_told_as_it_was_written() -> None:
    [finding] = refused("---\nversion: 1.10\nmodel: m\n---\nHi")
    assert (finding.rule, finding.fix) == ("wrong-type", 'put it in quotes: "1.10"')


def test_a_name_ends_where_its_line_ends() -> None:
    [finding] = refused(f'---\n{HEAD}name: "a-b\\n"\n---\nHi')
    assert "'name' has not the right form" in finding.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"---\n{HEAD}---\n" + "a " * 500_000, "the prompt file has 1,000,0"),
        (f"---\n{HEAD}metadata: [{'a,' * 50_000}]\n---\nHi", "the frontmatter has 100,0"),
    ],
    ids=["file", "frontmatter"],
)
def test_a_file_that_no_prompt_needs_is_not_read(text: str, message: str) -> None:
    [finding] = refused(text)
    assert finding.rule == "too-large"
    assert finding.message.startswith(message)


def test_keys_of_the_author_are_not_known_to_the_schema_that_lists_unknown_ones() -> None:
    [finding] = refused(f"---\n{HEAD}x-team: growth\ngenkit.cache: 1\nmodle: x\n---\nHi")
    assert finding.message == "unknown key 'modle'"


def test_a_broken_frontmatter_does_not_hide_what_is_wrong_below_it() -> None:
    findings = refused("---\nversion: 1.0.0\ndescription: a: b\n---\n```\nuser:\n")
    assert [finding.rule for finding in findings] == ["bad-yaml", "unclosed-fence"]


def test_reading_loads_neither_jinja_nor_jsonschema() -> None:
    program = (
        "import sys; from agentops_cli.prompt.read import read_prompt\n"
        "text = '---\\nversion: 1.0.0\\nmodel: m\\ninput: {schema: {a: string, b?: number}}'\n"
        "read_prompt(text + '\\n---\\nHi {{ a }}', path='p.prompt.md')\n"
        "assert not {'jinja2', 'jsonschema', 'regex', 'asyncio'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


parts = st.sampled_from(
    [
        *("---", "version: 1.0.0", "model: m", "model: [m, n]", "temperature: .nan", "stop: 1"),
        *("input:", "  schema:", "    a: string", "    b?(enum): [1]", "  default: {a: 1}"),
        *("output: {schema: {type: object, $ref: '#'}}", "input: {schema: {type: object}}"),
        *("config: {n: 1}", "x-a: 1", "name: A", "# c", "", "user:", "```", "{{ a }}", "{#"),
        *("tools: [{name: a}, {name: a, parameters: {b: x}}]", "tools: [1, {function: {}}]"),
    ]
)


@given(st.lists(parts | st.text(max_size=8), max_size=14).map("\n".join))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for path in ("p.prompt.md", "p.txt"):
        try:
            prompt = read_prompt(text, path=path)
        except InputError as error:
            for finding in error.findings:
                assert finding.fix
                assert finding.location is not None
        else:
            assert prompt.body.strip()


@pytest.mark.parametrize(
    "file", sorted((ROOT / "prompts").rglob("*.prompt.md")), ids=lambda file: file.name
)
def test_our_own_prompts_are_read(file: Path) -> None:
    prompt = read_prompt(file.read_bytes().decode(), path=file.name)
    assert prompt.meta.version
    assert prompt.meta.models
