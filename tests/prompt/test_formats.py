"""Any file is read, tolerantly; what is said of it stands where it is written."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.prompt.formats import MAX_BYTES, read_bytes, read_file, unreadable
from agentops_cli.prompt.read import read_prompt
from agentops_cli.prompt.source import PromptFile

ROOT = Path(__file__).parent.parent.parent
INVALID = ROOT / "tests" / "invalid" / "prompts"

FULL = """\
# Copyright
---
version: 1.2.0
model: [openai/gpt-4o-mini, anthropic/claude-sonnet-4-5]
authors: mira
config: {maxTokens: 512, temperature: 0.5, n_ctx: 7}
temperature: 0.2
input:
  schema: {ticket: string}
  default: {ticket: none}
metadata: {version: 9.9.9}
---

Be brief.

# User:

  {{ ticket }}

assistant:
"""


def native(text: str, path: str = "p.prompt.md") -> PromptFile:
    return read_file(text, path=path, is_declared=True)


def told(file: PromptFile) -> list[str]:
    return [f"{each.location} {each.rule}" for each in file.problems]


def test_a_native_file_is_read_with_the_place_of_every_part() -> None:
    file = native(FULL)
    assert (file.kind, file.engine, file.problems) == ("native", "jinja2", ())
    assert file.block is not None
    assert file.text[file.block.start : file.block.end].startswith("version: 1.2.0\n")
    assert file.text[file.block.end :].startswith("---\n\nBe brief.")
    assert file.body is not None
    assert file.text[file.body.start :].startswith("\nBe brief.")
    assert [(each.role, each.text) for each in file.passages] == [
        ("system", "Be brief."),
        ("user", "  {{ ticket }}"),
    ]
    assert file.inputs is not None
    assert list(file.inputs) == ["ticket"]
    assert file.defaults == {"ticket": "none"}
    assert file.name == "p"


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [
        ("version", "1.2.0", "version: 1.2.0"),
        ("author", "mira", "authors: mira"),
        ("temperature", 0.2, "temperature: 0.2"),
        ("max_tokens", 512, "maxTokens: 512"),
    ],
)
def test_meta_has_native_keys_that_lead_to_where_they_are_written(
    key: str, value: object, written: str
) -> None:
    file = native(FULL)
    assert file.meta[key] == value
    assert file.text.startswith(written, file.key_at(key))
    assert file.text.startswith(written.split(": ")[1], file.value_at(key))


def test_windows_line_ends_and_a_mark_move_nothing() -> None:
    plain, stored = native(FULL), native("\ufeff" + FULL.replace("\n", "\r\n"))
    assert stored.text == plain.text
    assert stored.passages == plain.passages
    at = stored.value_at("max_tokens")
    assert stored.stored.characters.startswith("512", stored.stored.offset(at))


BROKEN = """\
---
version: 1.10
model: openai/gpt-4o-mini
globs: **/*
description: Use it when: asked  # often
version: 2.0.0
nested:
  list: [a, b]
---
Hi
"""


def test_frontmatter_that_is_not_yaml_is_read_key_by_key() -> None:
    file = native(BROKEN)
    assert dict(file.meta) == {
        "version": "2.0.0",
        "model": "openai/gpt-4o-mini",
        "globs": "**/*",
        "description": "Use it when: asked",
        "nested": {"list": ["a", "b"]},
    }
    assert told(file) == [
        "p.prompt.md:4:9 bad-yaml",
        "p.prompt.md:5:25 bad-yaml",
        "p.prompt.md:6:1 duplicate-key",
        "p.prompt.md:4:1 unknown-key",
        "p.prompt.md:7:1 unknown-key",
    ]
    assert file.text.startswith("b]", file.offset(file.document.at(("nested", "list", 1))))  # type: ignore[union-attr] # It is there.
    assert file.text.startswith("**/*\n", file.value_at("globs"))


def test_what_has_no_closing_fence_is_read_up_to_the_first_line_that_is_no_key() -> None:
    file = native("---\nversion: 1.0.0\nmodel: m\ntags:\n  - a\n\nBe brief.\n")
    assert told(file) == ["p.prompt.md:1:1 unterminated-frontmatter"]
    assert file.meta == {"version": "1.0.0", "model": "m", "tags": ["a"]}
    assert [each.text for each in file.passages] == ["Be brief."]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("version: 1.10", "type-trap"),
        ("version: v2", "bad-version"),
        ("author:", "empty-value"),
        ("description: ''", "empty-value"),
        ("version: ''", "empty-value"),
        ("name:", "empty-value"),
        ("temperature: 3", "out-of-range"),
        ("temperature: .nan", "out-of-range"),
        ("temperature: hot", "wrong-type"),
        ("name: My Prompt", "not-kebab"),
        ("owners: [platform]", "bad-value"),
        ("status: retired", "bad-value"),
        ("tags: {a: b}", "wrong-type"),
    ],
)
def test_what_the_schema_refuses_has_a_name_of_its_own_kind(value: str, rule: str) -> None:
    key = value.partition(":")[0]
    rest = "".join(f"{k}\n" for k in ("version: 1.0.0", "model: m") if not k.startswith(key))
    file = native(f"---\n{value}\n{rest}---\nHi")
    assert {each.rule for each in file.problems} == {rule}


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85"])
def test_a_line_ends_where_an_editor_ends_it(odd: str) -> None:
    file = native(f"---\nversion: 1.0.0\nmodel: m\ndescription: 'a{odd}b'\nauthor: 5\n---\nHi")
    assert told(file) == ["p.prompt.md:5:9 type-trap"]


def test_the_editors_prompt_is_the_users_one_message() -> None:
    file = read_file(
        "---\nmode: agent\n---\nuser:\nPlan ${input:x}.\n", path="a.prompt.md", is_declared=False
    )
    assert (file.kind, file.engine, file.meta) == ("copilot-prompt", "none", {"mode": "agent"})
    assert [(each.role, each.text) for each in file.passages] == [
        ("user", "user:\nPlan ${input:x}.")
    ]


def test_plain_text_is_a_template_where_it_is_declared() -> None:
    text = "Be brief.\nuser:\n{{ a }}"
    loose, declared = read_file(text, path="a.txt"), native(text, "a.txt")
    assert (loose.engine, len(loose.passages)) == ("none", 1)
    assert (declared.engine, len(declared.passages)) == ("jinja2", 2)


def test_a_byte_that_is_not_utf_8_is_told_in_its_place_and_kept() -> None:
    stored = b"---\r\nversion: 1.0.0\r\nmodel: m\r\n---\r\nGr\xfc\xdfe\r\n"
    file = read_bytes(stored, path="p.prompt.md", is_declared=True)
    [problem] = file.problems
    assert (problem.rule, str(problem.location)) == ("encoding", "p.prompt.md:5:3")
    assert file.passages[0].text == "Gr\ufffd\ufffde"
    assert file.stored.characters.encode("utf-8", "surrogateescape") == stored


@pytest.mark.parametrize(
    ("stored", "rule"),
    [
        (b"a" * (MAX_BYTES + 1), "unreadable"),
        ("Hi".encode("utf-16"), "encoding"),
        (b"---\nversion: 1.0.0\nmodel: m\n---\nHi\0", "encoding"),
    ],
)
def test_bytes_that_are_no_text_are_one_problem(stored: bytes, rule: str) -> None:
    [problem] = read_bytes(stored, path="p.prompt.md", is_declared=True).problems
    assert problem.rule == rule
    assert problem.fix


def test_a_file_that_cannot_be_read_has_a_kind_and_a_reason() -> None:
    file = unreadable("skills/a/SKILL.md", "permission denied", fix="let it be read")
    assert (file.kind, file.text, told(file)) == (
        "skill",
        "",
        ["skills/a/SKILL.md:1:1 unreadable"],
    )


@pytest.mark.parametrize("file", sorted(INVALID.glob("*.md")), ids=lambda file: file.name)
def test_the_linter_knows_of_every_mistake_that_a_run_refuses(file: Path) -> None:
    text = file.read_bytes().decode()
    with pytest.raises(InputError) as caught:
        read_prompt(text, path=file.name)
    refused = {(each.location, each.fix) for each in caught.value.findings}
    known = {(each.location, each.fix) for each in native(text, file.name).problems}
    # What is not YAML is told by key, and so in other words.
    bad_yaml = {each.location for each in caught.value.findings if each.rule == "bad-yaml"}
    assert {each for each in refused if each[0] not in bad_yaml} <= known
    assert bad_yaml <= {place for place, _ in known}


def test_reading_a_good_file_loads_neither_jinja_nor_jsonschema() -> None:
    program = (
        "import sys; from agentops_cli.prompt.formats import read_file\n"
        f"assert not read_file({FULL!r}.replace('default:', '#'), path='p.prompt.md').problems\n"
        "assert not {'jinja2', 'jsonschema', 'git', 'tiktoken'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


PIECES = st.sampled_from(
    [
        *(
            "---",
            "--- ",
            "version: 1.10",
            "model: m",
            "model: [m, n]",
            "temperature: .nan",
            "a: b: c",
        ),
        *(
            "globs: **/*",
            "tools: [a] [b]",
            "x: &a [*a]",
            "y: *a",
            "<<: {a: 1}",
            "? [a]",
            "a:",
            "- b",
        ),
        *(
            "input:",
            "  schema:",
            "    a: string",
            "    b?(enum): [1]",
            "  default: {a: 1}",
            "\t- x",
        ),
        *(
            "output: {schema: {type: object, $ref: '#'}}",
            "config: {n: 1}",
            "x-a: 1",
            "'q': |",
            "  t",
        ),
        *(
            "# c",
            "",
            "user:",
            "```",
            "{{ a }}",
            "{#",
            "\u2028",
            "\x85",
            "\x07",
            "\0",
            "\ufeff",
            "é😀",
        ),
        *(
            "name: !!int x",
            '"k: 1',
            "k: 'v",
            "{",
            "[",
            "}",
            "description: >-",
            "\udce9",
            "... ",
            "%T 1",
        ),
    ]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
PATHS = st.sampled_from(
    [
        "p.prompt.md",
        "a.txt",
        "SKILL.md",
        ".claude/agents/a.md",
        "a.mdc",
        "a.prompt",
        "a.yaml",
        "x.j2",
    ]
)


@given(st.lists(PIECES | st.text(max_size=6), max_size=16), ENDS, PATHS, st.booleans())
def test_no_file_makes_the_reader_fail_and_all_it_says_is_inside(
    lines: list[str], end: str, path: str, declared: bool
) -> None:
    file = read_file(end.join(lines), path=path, is_declared=declared)
    size = len(file.text)
    for problem in file.problems:
        assert problem.location is not None
        assert problem.location.path == path
        if problem.location.line is not None:
            assert 1 <= problem.location.line <= file.text.count("\n") + 1
            at = file.offset(problem.location)
            assert file.location(at).line == problem.location.line
            assert file.location(at).column == (problem.location.column or 1)
    for key in file.meta:
        assert 0 <= file.key_at(key) <= size
        assert 0 <= file.value_at(key) <= size
    for passage in file.passages:
        for at in range(len(passage.text)):
            assert file.text[passage.offset(at)] == passage.text[at]
    for span in (file.block, file.body):
        assert span is None or 0 <= span.start <= span.end <= size
