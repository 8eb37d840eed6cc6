"""`agentops explain`: the texts that the documentation is made of, too."""

import difflib
import inspect
import json
from collections.abc import Iterable, Iterator

from agentops_cli.errors import ExitCode, UsageError
from agentops_cli.flows.wiring import assertion_kinds, metric_kinds
from agentops_cli.model.json import Json
from agentops_cli.reporters.lint.pages import json_of_rule, text_of
from agentops_cli.rules.rule import ALL_KINDS, Rule
from agentops_cli.rules.table import RULES

_EXIT_CODES = "exit-codes"


def explanation(name: str | None) -> str:
    """What a name means; of no name, what there is to explain.

    Raises `UsageError` for a name that there is not.
    """
    if name is None:
        return "\n".join([*_names(), *(f"{rule.code} {rule.name}" for rule in RULES)])
    rule = _rule(name)
    return _of_rule(rule) if rule else f"{_head(name)}{_text(name)}"


def explanation_of_all() -> str:
    """What every rule of the linter means, one after the other."""
    return "\n\n\n".join(map(_of_rule, RULES))


def explanation_as_json(name: str | None, *, everything: bool) -> str:
    """The same as JSON: an object of a name, a list of the rules without one."""
    if name is None or everything:
        rules: list[Json] = [json_of_rule(rule) for rule in RULES]
        return json.dumps(rules, indent=2)
    rule = _rule(name)
    if rule:
        return json.dumps(json_of_rule(rule), indent=2)
    return json.dumps({"name": name, "explanation": _text(name)}, indent=2)


def _names() -> Iterator[str]:
    yield _EXIT_CODES
    for shelf in (assertion_kinds(), metric_kinds()):
        yield from shelf.names()


def _head(name: str) -> str:
    return "" if name == _EXIT_CODES else f"{name}\n\n"


def _text(name: str) -> str:
    """What a name that is no rule's means."""
    if name == _EXIT_CODES:
        return "\n".join(f"{code:>3}  {code.name:<12} {code.meaning}" for code in ExitCode)
    shelves = (assertion_kinds(), metric_kinds())
    shelf = next((shelf for shelf in shelves if shelf.knows(name)), None)
    if shelf is None:
        near = _near(name, [*_names(), *(rule.code for rule in RULES), *(r.name for r in RULES)])
        fix = f"did you mean {near!r}?" if near else "run 'agentops explain' to list the names"
        raise UsageError(f"there is nothing called {name!r}", fix=fix)
    return inspect.getdoc(shelf.get(name)) or "It has no documentation."


def _near(name: str, known: Iterable[str]) -> str | None:
    """The name that was meant, however it is spelled in upper and lower case."""
    written = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), written, n=1)
    return written[near[0]] if near else None


def _rule(name: str) -> Rule | None:
    """The rule of a code, in upper or lower case, or of a name."""
    return next((rule for rule in RULES if name.upper() == rule.code or name == rule.name), None)


def _of_rule(rule: Rule) -> str:
    fix = {"safe": "--fix", "unsafe": "--fix --unsafe-fixes", None: "by hand"}[rule.fix]
    kinds = "all" if rule.kinds == ALL_KINDS else ", ".join(sorted(rule.kinds))
    facts = {
        "severity": rule.severity.word,
        "profile": rule.profile,
        "fix": fix,
        "formats": kinds,
        "needs": ", ".join(sorted(rule.needs)),
    }
    lines = [f"{key + ':':<10}{value}" for key, value in facts.items() if value]
    return "\n".join([f"{rule.code} {rule.name}", "", *lines, "", text_of(rule)])
