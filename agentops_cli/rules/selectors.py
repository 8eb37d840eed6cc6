"""How rules are named: by code, by the beginning of codes, or by name."""

from collections.abc import Sequence
from difflib import get_close_matches

from agentops_cli.rules.rule import Rule


def covers(selector: str, rule: Rule) -> bool:
    """Whether a selector such as `PS001`, `PS` or `untrusted-in-system` means a rule."""
    return bool(selector) and (rule.code.startswith(selector) or rule.name == selector)


def weight(selector: str, rule: Rule) -> int:
    """How exactly a selector means a rule: a name is as exact as a code; -1 where it does not."""
    if not covers(selector, rule):
        return -1
    return len(rule.code) if rule.name == selector else len(selector)


def is_known(selector: str, rules: Sequence[Rule]) -> bool:
    """Whether a selector means any rule at all."""
    return any(covers(selector, rule) for rule in rules)


def suggestion(selector: str, rules: Sequence[Rule]) -> str:
    """What to write in place of a selector that means no rule, as an instruction."""
    upper = selector.upper()
    if is_known(upper, rules):
        return f"did you mean {upper!r}?"
    words = [word for rule in rules for word in (rule.code, rule.name)]
    near = [
        *get_close_matches(selector.lower().replace("_", "-"), words, n=1, cutoff=0.7),
        *get_close_matches(upper, words, n=1, cutoff=0.7),
    ]
    if near:
        return f"did you mean {near[0]!r}?"
    families = ", ".join(dict.fromkeys(rule.family for rule in rules))
    return f"write a code, the name of a rule, or one of {families}"
