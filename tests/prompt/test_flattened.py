"""Prompts as text that is easily compared."""

from agentops_cli.prompt.flattened import flattened
from agentops_cli.prompt.formats import read_file

PROMPT = """---
model: openai/gpt-4o-mini
version: 1.0.0  # A comment.
input:
  schema: {tone: string, name: string}
tags: [b, a]
---

system:
Greet {{ name }}.
"""


def _flat(text: str, path: str = "a.prompt.md") -> str:
    return flattened(read_file(text, path=path, is_declared=True))


def test_keys_stand_in_one_order_with_their_whole_paths_and_the_body_as_it_is() -> None:
    assert _flat(PROMPT) == (
        "input.schema.name: string\n"
        "input.schema.tone: string\n"
        "model: openai/gpt-4o-mini\n"
        "tags[0]: b\n"
        "tags[1]: a\n"
        "version: 1.0.0\n"
        "\n"
        "\nsystem:\nGreet {{ name }}.\n"
    )


def test_what_says_the_same_in_another_order_is_the_same_text() -> None:
    other = PROMPT.replace("model: openai/gpt-4o-mini\n", "").replace(
        "tags:", "model: openai/gpt-4o-mini\ntags:"
    )
    assert other != PROMPT
    assert _flat(other) == _flat(PROMPT)


def test_what_cannot_be_read_is_given_whole_so_that_no_change_is_lost() -> None:
    text = "---\nversion: [\n---\nHello.\n"
    assert _flat(text) == text
    assert _flat("Hello.\n", "a.txt") == "Hello.\n"


def test_messages_of_a_format_without_a_body_stand_under_their_roles() -> None:
    text = "model: openai/gpt-4o\nmessages:\n  - {role: system, content: Be brief.}\n"
    assert _flat(text, "a.prompt.yml").endswith("\nsystem:\nBe brief.\n")
