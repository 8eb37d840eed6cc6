"""The template puts the time, a random value or a new id into the prompt.

The prompt is then another one each time: what was tested is not what runs, a failure cannot be
repeated, and nothing is cached. A variable such as `today` that the prompt declares can at least be
frozen by a suite: where every case gives it, or it has a default, this is information only.

Quiet: about dates that belong to the matter, such as `order_date`.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Use
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.suites import suites_named

_NAMES: Final = frozenset(
    (
        *("now", "today", "timestamp", "utcnow", "utc_now", "datetime_now", "date_now", "time_now"),
        *("current_date", "current_time", "current_datetime", "current_timestamp", "current_day"),
        *("currentDate", "currentTime", "currentDateTime", "currentTimestamp", "currentdate"),
        *("todays_date", "today_date", "date_today", "date_time_now", "uuid", "uuid4", "guid"),
        *("random", "rand", "random_id", "random_number", "strftime", "strftime_now"),
    )
)
_FILTERS: Final = frozenset(("random", "shuffle"))


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each variable, function or filter that is such by its name."""
    if file.engine == "none":
        return
    view = file.template
    for use in view.uses:
        if use.name in _NAMES:
            yield _hit(file, use, project)
    for piece in view.pieces:
        if piece.kind == "filter" and piece.name in _FILTERS:
            yield Hit(
                at=piece.span,
                message=f"the filter {piece.name!r} gives another text each time",
                fix="choose before the prompt is rendered, and pass the choice as a variable",
            )
        elif piece.kind == "call" and piece.name in ("random", "lipsum"):
            yield Hit(
                at=piece.span,
                message=f"{piece.name}() gives another text each time",
                fix="pass the value as a variable",
            )


def _hit(file: PromptFile, use: Use, project: Project) -> Hit:
    is_declared = use.name in (file.inputs or ())
    fix = "leave it out, or declare it as an input, so that suites can freeze it"
    return Hit(
        at=use.span,
        message=f"{use.name!r} makes the prompt another one each time it is rendered",
        fix="give it the same value in every case" if is_declared else fix,
        severity=Severity.INFO if is_declared and _is_frozen(file, use.name, project) else None,
    )


def _is_frozen(file: PromptFile, name: str, project: Project) -> bool:
    """Whether the value is fixed wherever the prompt is tested."""
    if name in file.defaults:
        return True
    if project.suites is None:
        return False
    suites = project.suites.of(file.path, file.name, suites_named(file))
    cases = [case for suite in suites for case in suite.looked_at]
    return bool(cases) and all(name in case.vars for case in cases)
