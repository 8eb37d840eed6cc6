"""A file's convention is told by its name, its folder and its keys."""

import pytest

from agentops_cli.prompt.kinds import kind_of
from agentops_cli.prompt.source import Kind

NATIVE = "---\nversion: 1.0.0\n---\nHi"
EDITORS = "---\nmode: agent\n---\nHi"
AGENT = "---\nname: a\ndescription: b\ntools: Read\n---\nHi"


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("a.prompt.md", NATIVE, "native"),
        ("A.PROMPT.MD", NATIVE, "native"),
        ("a.prompt.md", f"# Licence\n\n{NATIVE}", "native"),
        ("a.prompt.md", "---\noutput: {format: json}\n---\n", "native"),
        ("a.prompt.md", EDITORS, "copilot-prompt"),
        ("a.prompt.md", "version: 1.0.0\n", "copilot-prompt"),
        ("a.prompt.md", "---\nmode: agent\n---\nversion: 1.0.0\n", "copilot-prompt"),
        ("a.prompt.md", "", "copilot-prompt"),
        ("x/a.prompt", NATIVE, "dotprompt"),
        ("a.prompty", NATIVE, "prompty"),
        ("a.prompt.yml", "", "github-models"),
        ("a.prompt.yaml", "", "github-models"),
        (".github/copilot-instructions.md", "", "copilot-instructions"),
        ("a.instructions.md", "", "copilot-instructions"),
        ("a.agent.md", "", "copilot-agent"),
        ("a.chatmode.md", "", "copilot-agent"),
        (".github/agents/a.md", AGENT, "copilot-agent"),
        ("plugins/Fun/Joke/skprompt.txt", "Tell a joke.", "semantic-kernel"),
        ("plugins/Fun/Joke/config.json", '{\n  "execution_settings": {}\n}', "semantic-kernel"),
        ("config.json", '{"port": 8080}', "plain"),
        ("settings.json", '{\n  "execution_settings": {}\n}', "plain"),
        ("skills/a/SKILL.md", "", "skill"),
        ("SKILL.md", "", "skill"),
        ("my-skill.md", "", "plain"),
        (".claude/agents/a.md", "", "claude-agent"),
        ("plugins/x/agents/a.md", AGENT, "claude-agent"),
        ("plugins/x/agents/README.md", "# Agents", "plain"),
        ("categories/a.md", AGENT, "claude-agent"),
        (".claude/commands/git/a.md", "", "claude-command"),
        ("plugins/x/commands/a.md", "", "claude-command"),
        (".cursor/rules/a.mdc", "", "cursor-rule"),
        ("AGENTS.md", "", "agents-md"),
        ("docs/CLAUDE.md", "", "agents-md"),
        ("a.md", NATIVE, "plain"),
        ("a.txt", "", "plain"),
        ("a.j2", "", "plain"),
        ("a.yaml", "template: x\ntemplate_format: handlebars\n", "semantic-kernel"),
        ("a.yaml", "messages:\n  - role: user\n", "github-models"),
        ("a.yaml", "- role: user\n  content: x\n", "promptfoo"),
        ("a.json", '[{"role": "user", "content": "x"}]', "promptfoo"),
        ("a.yaml", "system: x\nprompt: y\n", "llm-template"),
        ("a.yaml", "name: x\n", "plain"),
        ("windows\\skills\\a\\SKILL.md", "", "skill"),
    ],
)
def test_a_file_that_nobody_declares(path: str, text: str, kind: Kind) -> None:
    assert kind_of(path, text, is_declared=False) == kind


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("a.prompt.md", "", "native"),
        ("a.prompt.md", EDITORS, "native"),
        ("prompts/a.md", "Hi", "plain"),
        ("prompts/a.md", EDITORS, "native"),
        ("prompts/a.txt", NATIVE, "native"),
        ("prompts/SKILL.md", NATIVE, "skill"),
        ("prompts/a.prompty", NATIVE, "prompty"),
    ],
)
def test_a_file_that_the_configuration_declares(path: str, text: str, kind: Kind) -> None:
    assert kind_of(path, text, is_declared=True) == kind
