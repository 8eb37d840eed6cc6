"""What the frontmatter says, and whether it can be read."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.rule import ALL_KINDS, DECLARED, NATIVE, Rule

_NAMED: Final[frozenset[Kind]] = frozenset({"native", "dotprompt", "skill"})
_DESCRIBED: Final[frozenset[Kind]] = frozenset({"native", "skill", "claude-agent", "copilot-agent"})
_STRUCTURED: Final[frozenset[Kind]] = frozenset(
    {"github-models", "semantic-kernel", "llm-template", "promptfoo"}
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="PF001",
        name="missing-frontmatter",
        summary="the file has no frontmatter",
        kinds=NATIVE,
        fix="unsafe",
        of_reader=True,
    ),
    Rule(
        code="PF002",
        name="invalid-yaml",
        summary="the frontmatter is not valid YAML",
        fix="unsafe",
        of_reader=True,
    ),
    Rule(
        code="PF003",
        name="unterminated-frontmatter",
        summary="the frontmatter has no closing line",
        kinds=ALL_KINDS - _STRUCTURED,
        of_reader=True,
    ),
    Rule(
        code="PF004",
        name="missing-required-key",
        summary="a key is missing that the tier of the prompt asks for",
        kinds=NATIVE,
        fix="unsafe",
        wants=frozenset({"models"}),
    ),
    Rule(
        code="PF005",
        name="wrong-type",
        summary="a value is not what its key takes",
        fix="safe",
    ),
    Rule(
        code="PF006",
        name="out-of-range",
        summary="a setting has a value that providers refuse",
        kinds=DECLARED,
    ),
    Rule(
        code="PF007",
        name="unknown-key",
        summary="a key is not known, and so does nothing",
        severity=Severity.WARNING,
        fix="unsafe",
    ),
    Rule(
        code="PF008",
        name="duplicate-key",
        summary="a key is given twice, or two keys contradict each other",
        of_reader=True,
    ),
    Rule(
        code="PF009",
        name="yaml-type-trap",
        summary="YAML reads a text without quotes as something else",
        fix="safe",
    ),
    Rule(
        code="PF010",
        name="empty-value",
        summary="a key has no value",
        severity=Severity.WARNING,
    ),
    Rule(
        code="PF011",
        name="name-mismatch",
        summary="the name is not that of the file or folder",
        severity=Severity.WARNING,
        kinds=_NAMED,
        fix="unsafe",
    ),
    Rule(
        code="PF012",
        name="name-not-kebab",
        summary="the name is not of lower-case words joined by hyphens",
        severity=Severity.INFO,
        kinds=frozenset({"native", "skill"}),
        fix="unsafe",
    ),
    Rule(
        code="PF013",
        name="missing-description",
        summary="nothing says what the prompt is for",
        severity=Severity.WARNING,
        kinds=_DESCRIBED,
    ),
    Rule(
        code="PF014",
        name="bad-schema",
        summary="the shape of the inputs, the output or a tool is not valid",
        kinds=DECLARED,
        of_reader=True,
    ),
    Rule(
        code="PF015",
        name="duplicate-prompt-name",
        summary="two prompts have one name",
        scope="tree",
        needs=frozenset({"tree"}),
    ),
    Rule(
        code="PF016",
        name="encoding",
        summary="the file is not UTF-8 text",
        of_reader=True,
    ),
    Rule(
        code="PF017",
        name="bom-or-crlf",
        summary="the file has a byte-order mark, or line ends of Windows",
        severity=Severity.INFO,
        profile="strict",
        fix="safe",
        needs=frozenset({"attributes"}),
    ),
    Rule(
        code="PF018",
        name="empty-body",
        summary="the file has no text below its frontmatter",
        kinds=ALL_KINDS - _STRUCTURED,
    ),
)
