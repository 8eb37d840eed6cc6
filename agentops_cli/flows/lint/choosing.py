"""Which rules run, as the configuration and the command line have it."""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Final

from agentops_cli.errors import EmptyError, InputError, UsageError
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.lint.select import Wish, chosen, unknown
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.settings import Config, LintSettings
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.selectors import suggestion
from agentops_cli.rules.table import BY_CODE, RULES
from agentops_cli.validate import schema

UNREAD: Final = "PX003"
"""The rule about files that no rule could look at."""


def settings_in_force(config: Config, options: LintOptions) -> LintSettings:
    """The settings, with what the command line says in their place."""
    settings = config.lint
    return replace(
        settings,
        profile=options.profile or settings.profile,
        tier=options.tier or settings.tier,
    )


def rules_to_run(config: Config, options: LintOptions) -> tuple[Rule, ...]:
    """The rules that are chosen; none where all that is left are words about other findings.

    What could not be read is told of with any of them, unless it is ignored: no rule looked at it.

    Raises `UsageError`, or `InputError` for the configuration, where one names no rule, and
    `EmptyError` where no rule is left.
    """
    settings = config.lint
    ours = Wish(
        select=settings.select, extend_select=settings.extend_select, ignore=settings.ignore
    )
    for each in unknown(options.wish.selectors, RULES):
        raise UsageError(f"there is no rule {each!r}", fix=suggestion(each, RULES))
    if findings := [*_unknown(config), *_unknown_keys(config)]:
        raise InputError(findings)
    rules = chosen(RULES, options.profile or settings.profile, (ours, options.wish))
    if any(rule.scope != "linter" for rule in rules):
        ignore = (Wish(ignore=ours.ignore), Wish(ignore=options.wish.ignore))
        codes = {rule.code for rule in (*rules, *chosen((BY_CODE[UNREAD],), "all", ignore))}
        return tuple(rule for rule in RULES if rule.code in codes)
    if options.allow_empty:
        return ()
    names = ", ".join(rule.code for rule in rules)
    problem = f"{names} only speak of what other rules find" if names else "no rule is left to run"
    raise EmptyError(problem, fix="look at select and ignore, or pass --allow-empty")


def _unknown(config: Config) -> Iterator[Finding]:
    """The selectors of the configuration that mean no rule: nobody would know that none runs."""
    settings = config.lint
    written = {
        "lint.select": settings.select,
        "lint.extendSelect": settings.extend_select,
        "lint.ignore": settings.ignore,
        **{f"lint.perFileIgnores.{key}": each for key, each in settings.per_file_ignores.items()},
    }
    for key, selectors in written.items():
        for each in unknown(selectors, RULES):
            yield Finding(
                rule="unknown-rule",
                message=f"{key} names the rule {each!r}, which there is not",
                location=_place(config.sources.get(key)),
                fix=suggestion(each, RULES),
            )


def _unknown_keys(config: Config) -> Iterator[Finding]:
    """The keys that the configuration demands and no prompt can have."""
    known: Any = schema("prompt")["properties"] if config.lint.required else {}
    for key in config.lint.required:
        if key not in known and not key.startswith("x-") and "." not in key:
            near = get_close_matches(key, known, n=1)
            yield Finding(
                rule="unknown-key",
                message=f"lint.required names the key {key!r}, which no frontmatter has",
                location=_place(config.sources.get("lint.required")),
                fix=f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}",
            )


def _place(source: str | None) -> Location | None:
    """The place that a source of a setting tells, `path:line`."""
    path, _, line = (source or "").rpartition(":")
    return Location(path=path, line=int(line)) if path and line.isdecimal() else None
