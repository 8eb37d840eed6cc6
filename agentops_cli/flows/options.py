"""What was typed to have suites run, and how a run remembers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentops_cli.model.cassette import CassetteUse
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.result import PlannedCase
from agentops_cli.suite.select import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalOptions:
    """What was typed. `settings` holds the flags that are settings too, by their dotted keys.

    `log` is where trials are written as they finish; None is the project's folder of runs. With
    `allow_empty` what matches nothing is noted, and the rest is run. Without `use_cache` every
    question is asked anew, and no answer is kept. `wanted` picks planned cases one by one; None
    takes all that are selected. `reports` are the files that reports were wanted in, by their kind.
    `cassettes` is what is done with those beside the suites. With `repeat_auto` cases are repeated
    until they are decided. `part` is the one that is run of how many, both from 1, None for all;
    `durations` is the result file that parts are balanced by, from the working folder.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = Selection()
    wanted: Callable[[PlannedCase], bool] | None = None
    repeat: int | None = None
    log: Path | None = None
    allow_empty: bool = False
    settings: Mapping[str, Json] | None = None
    use_cache: bool = True
    reports: Mapping[str, str] = field(default_factory=dict)
    cassettes: CassetteUse = CassetteUse.NONE
    repeat_auto: bool = False
    part: tuple[int, int] | None = None
    durations: str | None = None

    @property
    def asks_all(self) -> bool:
        """True when the suites are run as they are written: nothing was typed to narrow them."""
        is_cut = self.part is not None or self.wanted is not None
        repeats_as_written = self.repeat is None and not self.repeat_auto
        return not self.selection.narrows and not is_cut and repeats_as_written


def remembered(options: EvalOptions) -> JsonObject | None:
    """The options as JSON, for `recalled`; None for those that name a function of this process.

    Where the trial log lies is known to the run itself.
    """
    if options.wanted is not None:
        return None
    narrowed = options.selection
    return {
        "suites": [*options.suites],
        "text": narrowed.text,
        "tags": [*sorted(narrowed.tags)],
        "models": [*narrowed.models],
        "cases": [*sorted(narrowed.cases)],
        "repeat": options.repeat,
        "allowEmpty": options.allow_empty,
        "settings": dict(options.settings or {}),
        "useCache": options.use_cache,
        "reports": dict(options.reports),
        "repeatAuto": options.repeat_auto,
        "part": list(options.part) if options.part else None,
        "durations": options.durations,
        "cassettes": options.cassettes.value,
    }


def recalled(data: Mapping[str, Any], *, log: Path | None) -> EvalOptions:
    """The inverse of `remembered`; raises what a broken mapping raises."""
    return EvalOptions(
        suites=tuple(data["suites"]),
        selection=Selection(
            text=data["text"],
            tags=frozenset(data["tags"]),
            models=tuple(data["models"]),
            cases=frozenset(data["cases"]),
        ),
        repeat=data["repeat"],
        log=log,
        allow_empty=data["allowEmpty"],
        settings=data["settings"],
        use_cache=data["useCache"],
        reports=data["reports"],
        repeat_auto=data["repeatAuto"],
        part=(int(data["part"][0]), int(data["part"][1])) if data["part"] else None,
        durations=data["durations"],
        cassettes=CassetteUse(data["cassettes"]),
    )
