"""The pages of the linter's rules: what each says of itself, with examples from its tests."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from agentops_cli.redact import Redact
from agentops_cli.reporters.lint.pages import page_of, text_of
from agentops_cli.reporters.wording import visible
from agentops_cli.rules.rule import ALL_KINDS, FOLDERS, Rule
from agentops_cli.rules.table import RULES

_CASES = Path(__file__).parent.parent / "tests" / "rules" / "cases"
_LONGEST = 1_500
_INTRODUCTION = """\
What `agentops prompt lint` looks for. A code never changes its meaning, and is never used again.
`agentops explain CODE` prints what is written here. The guide is
[Lint prompts](../../guides/lint.md).
"""
_FIXES = {"safe": "`--fix`", "unsafe": "`--fix --unsafe-fixes`", None: ""}


def rule_pages() -> dict[str, str]:
    """The pages by their names below docs/reference: one a family, and the list of all rules."""
    families = {family: [rule for rule in RULES if rule.family == family] for family in FOLDERS}
    return {
        "rules/index.md": _index(families),
        **{f"rules/{FOLDERS[family]}.md": _page(rules) for family, rules in families.items()},
    }


def _index(families: Mapping[str, list[Rule]]) -> str:
    parts = [
        "# Rules of the linter",
        _INTRODUCTION,
    ]
    for rules in families.values():
        rows = [
            f"| [{rule.code}]({_link(rule)}) | {rule.name} | {rule.summary} "
            f"| {rule.severity.word} | {rule.profile} | {_FIXES[rule.fix]} |"
            for rule in rules
        ]
        head = ["| code | name | what is wrong | severity | profile | fix |", "| --- " * 6 + "|"]
        parts.append(f"## {_title(rules[0])}\n\n" + "\n".join([*head, *rows]))
    return "\n\n".join(parts)


def _title(rule: Rule) -> str:
    """What a family is about: the first line of its package, without the full stop."""
    family = import_module(f"agentops_cli.rules.{FOLDERS[rule.family]}")
    return f"{rule.family}: {(family.__doc__ or '').strip().splitlines()[0].rstrip('.')}"


def _link(rule: Rule) -> str:
    return page_of(rule).rpartition("/")[2]


def _page(rules: list[Rule]) -> str:
    parts = [f"# {_title(rules[0])}", "[All rules](index.md)"]
    parts += (part for rule in rules for part in _rule(rule))
    return "\n\n".join(parts)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.code} {rule.name}"
    facts = [f"severity: {rule.severity.word}", f"profile: {rule.profile}"]
    if rule.fix:
        facts.append(f"fix: {_FIXES[rule.fix]}")
    if rule.kinds != ALL_KINDS:
        facts.append(f"formats: {', '.join(sorted(rule.kinds))}")
    if rule.needs:
        facts.append(f"needs: {', '.join(sorted(rule.needs))}")
    yield " · ".join(facts)
    yield text_of(rule)
    cases = yaml.safe_load((_CASES / f"{rule.code}.yaml").read_text(encoding="utf-8"))
    for kind, words in (("fail", "Found"), ("pass", "Left alone")):
        case = next(filter(_is_shown, cases[kind]), None)
        if case is not None:
            yield f"{words} ({case['name']}{_place(case)}):"
            yield _fenced(case["text"])
            if "fixed" in case and len(case["fixed"]) <= _LONGEST:
                yield "Mended:"
                yield _fenced(case["fixed"])


def _is_shown(case: Mapping[str, Any]) -> bool:
    text = case.get("text")
    return isinstance(text, str) and 0 < len(text) <= _LONGEST and "grow" not in case


def _place(case: Mapping[str, Any]) -> str:
    """Where the case's file lies, where that is no ordinary place, and where the finding is."""
    path = f", `{case['path']}`" if "path" in case else ""
    at = f", at {', '.join(case['at'])}" if "at" in case else ""
    return f"{path}{at}"


def _fenced(text: str) -> str:
    """The text as it is, but for what cannot be seen, and for what looks like a key."""
    text = visible(Redact(personal=False)(text)).rstrip("\n")
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"
