"""Commands that GitHub Actions makes annotations of: one for each change that is worth a look.

What changes no answer is left out: GitHub shows ten of a kind, and a notice about tags may not push
out one about a variable. A version that has to go up is told at the head of its file.
"""

from collections.abc import Iterator
from typing import Final, TextIO

from agentops_cli.diff.evaluated import EvalDiff
from agentops_cli.diff.values import Status
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import Level
from agentops_cli.reporters.actions import command
from agentops_cli.reporters.diff import versions, words
from agentops_cli.reporters.diff.page import Card, Page, Told

_COMMANDS: Final[dict[Level, str]] = {"breaking": "error", "risky": "warning", "safe": "notice"}
_SEVERITIES: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}
_VERDICTS: Final = {
    "worse": "error",
    "no verdict": "warning",
    "not shown": "notice",
    "better": "notice",
}
_GONE: Final[frozenset[Status]] = frozenset({"deleted"})


def write(page: Page, out: TextIO) -> None:
    """Writes a command for what could not be compared, each version and each change."""
    out.writelines(f"{line}\n" for line in _commands(page))


def _commands(page: Page) -> Iterator[str]:
    yield from map(_problem, page.problems)
    for card in page.cards:
        if not card.versioning.is_enough:
            head = {**_at(Location(path=card.path)), "title": f"{card.name}: version"}
            yield command("error", head, words.need(card))
        if card.evaluated:
            yield from _evaluated(card, card.evaluated)
        for told in card.changes:
            if told.bump is not None:
                yield _change(card, told)


def _evaluated(card: Card, found: EvalDiff) -> Iterator[str]:
    """One command for each model, and one for all notes: more would push out other prompts."""
    if found.notes:
        head = {**_at(Location(path=card.path)), "title": f"{card.name}: its cases"}
        yield command("notice", head, "\n".join(found.notes))
    for model in found.models:
        word = model.verdict or "no verdict"
        cases = [each for each in versions.told_cases(model) if each.ending == "broken"]
        broken = "".join(f"\nbroken: {each.case}: {versions.why(each)}" for each in cases)
        figures = "\n".join(versions.figures(model))
        properties = {**_at(Location(path=card.path)), "title": f"{card.name}: {word}"}
        yield command(_VERDICTS[word], properties, f"{versions.head(model)}\n{figures}{broken}")


def _problem(problem: Finding) -> str:
    properties = {**_at(problem.location), "title": problem.rule}
    fix = f"\nfix: {problem.fix}" if problem.fix else ""
    return command(_SEVERITIES[problem.severity], properties, f"{problem.message}{fix}")


def _change(card: Card, told: Told) -> str:
    place = told.place or Location(path=card.path)
    where = _at(place)
    message = told.message if told.level == "safe" else f"{told.message}\n{told.why}"
    if told.is_before and card.status not in _GONE:
        # A line of the earlier file is another one in the file that GitHub shows.
        where = _at(Location(path=card.path))
        message = f"{message}\nit was in line {place.line}" if place.line else message
    properties = {**where, "title": f"{card.name}: {told.level} {told.id}"}
    return command(_COMMANDS[told.level], properties, message)


def _at(place: Location | None) -> dict[str, str | int]:
    return {"file": place.path, "line": place.line or 1} if place else {}
