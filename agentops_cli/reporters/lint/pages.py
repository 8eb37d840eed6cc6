"""What is known of a rule beside what it finds."""

import inspect

from agentops_cli.model.json import JsonObject
from agentops_cli.rules.rule import FOLDERS, Rule


def page_of(rule: Rule) -> str:
    """Where the project's documentation explains a rule, from the root of its repository."""
    return f"docs/reference/rules/{FOLDERS[rule.family]}.md#{rule.code.lower()}-{rule.name}"


def text_of(rule: Rule) -> str:
    """What the documentation says of a rule, in Markdown."""
    return inspect.cleandoc(rule.module().__doc__ or "").strip()


def json_of_rule(rule: Rule) -> JsonObject:
    """All that is known of a rule."""
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "severity": rule.severity.word,
        "profile": rule.profile,
        "fix": rule.fix,
        "kinds": [*sorted(rule.kinds)],
        "needs": [*sorted(rule.needs)],
        "security": rule.security,
        "page": page_of(rule),
        "explanation": text_of(rule),
    }
