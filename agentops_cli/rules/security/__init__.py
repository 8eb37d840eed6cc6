"""What an attacker could use."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.patterns import SECRETS
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.rule import DECLARED, Rule

_WITH_TOOLS: Final[frozenset[Kind]] = DECLARED | {"claude-agent"}

RULES: tuple[Rule, ...] = (
    Rule(
        code="PS001",
        name="untrusted-in-system",
        summary="what an attacker may write stands in the system message",
        kinds=DECLARED,
        wants=frozenset({"partials"}),
        security=8.0,
    ),
    Rule(
        code="PS002",
        name="undelimited-input",
        summary="nothing shows where an untrusted variable begins and ends",
        severity=Severity.WARNING,
        kinds=DECLARED,
        fix="unsafe",
        security=5.0,
    ),
    Rule(
        code="PS003",
        name="missing-guardrail",
        summary="nothing tells the model that untrusted text is data, or what to refuse",
        severity=Severity.WARNING,
        kinds=DECLARED,
        fix="unsafe",
        security=5.0,
    ),
    Rule(
        code="PS004",
        name="forgeable-delimiter",
        summary="untrusted text can end the delimiter around it",
        severity=Severity.WARNING,
        profile="strict",
        kinds=DECLARED,
        security=4.0,
    ),
    Rule(
        code="PS005",
        name="injection-string",
        summary="the prompt itself says what attackers say to a model",
        security=9.0,
        words=frozenset(
            (
                *("ignore", "disregard", "forget", "override", "bypass", "unrestricted"),
                *("system prompt", "your system", "your instructions", "your initial"),
                *("your original", "anything now", "eveloper mode", "dan mode", "jailbroken"),
                *("no restrictions", "broken free"),
                *("<|", "[inst]", "<<sys>>", "_of_turn>"),
            )
        ),
    ),
    Rule(
        code="PS006",
        name="guardrail-removed",
        summary="a guardrail was removed or weakened",
        kinds=DECLARED,
        needs=frozenset({"history"}),
        security=7.0,
    ),
    Rule(
        code="PS007",
        name="secret",
        summary="a key or a password is written in the file",
        security=9.5,
        finds_secrets=True,
        words=frozenset(each.hint for each in SECRETS if each.hint is not None),
    ),
    Rule(
        code="PS008",
        name="pii",
        summary="personal data is written in the prompt",
        severity=Severity.WARNING,
        security=6.0,
        finds_secrets=True,
    ),
    Rule(
        code="PS009",
        name="bidi-control",
        summary="characters make the text look other than a model reads it",
        fix="unsafe",
        security=8.5,
    ),
    Rule(
        code="PS010",
        name="invisible-character",
        summary="characters are there that a reviewer cannot see and a model can",
        fix="unsafe",
        security=8.0,
    ),
    Rule(
        code="PS011",
        name="homoglyph",
        summary="a word has a letter of another script that looks like its own",
        fix="unsafe",
        security=7.0,
    ),
    Rule(
        code="PS012",
        name="encoded-payload",
        summary="an encoded text gives orders",
        severity=Severity.WARNING,
        profile="strict",
        security=7.0,
    ),
    Rule(
        code="PS013",
        name="dangerous-tool",
        summary="untrusted text can make a tool do harm that nobody confirms",
        severity=Severity.WARNING,
        kinds=_WITH_TOOLS,
        security=7.5,
    ),
    Rule(
        code="PS014",
        name="exfil-markup",
        summary="the prompt asks for an address that carries data away",
        profile="strict",
        security=7.5,
    ),
    Rule(
        code="PS015",
        name="secret-bearing-instruction",
        summary="the prompt tells the model a secret",
        severity=Severity.WARNING,
        kinds=DECLARED | {"plain"},
        security=7.0,
        finds_secrets=True,
        words=frozenset(
            ("assword", "assphrase", "asscode", "ecret ", "ccess code", "pin is", "PIN is")
        ),
    ),
    Rule(
        code="PS016",
        name="no-output-validation",
        summary="JSON is made of untrusted text, and no schema says what it may be",
        severity=Severity.WARNING,
        kinds=DECLARED,
        security=4.0,
    ),
)
