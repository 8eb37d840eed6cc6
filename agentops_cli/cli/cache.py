"""`agentops cache`: what is kept of earlier runs."""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import Format
from agentops_cli.cli.parts import repeats_typed
from agentops_cli.cli.screen import print_lines, say
from agentops_cli.errors import ExitCode, UsageError
from agentops_cli.flows.cache import CacheInfo, cache_info, clear_cache, export_cache, json_of_info
from agentops_cli.flows.world import World
from agentops_cli.model.call import Purpose
from agentops_cli.model.settings import BYTES_PER_MB
from agentops_cli.reporters.wording import counted, flat

if TYPE_CHECKING:
    from agentops_cli.flows.cache_explain import Explained

SHOWN_CALLS = 50

_AGE = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="Only this model, or a pattern such as 'openai/*'; may be repeated.",
        metavar="MODEL",
    ),
]


@app.callback()
def _group() -> None:
    """Show, explain, export or clear the answers that are kept of earlier runs."""


@app.command()
def info(output: Format = "text") -> None:
    """Show how many answers are kept, of which models, and within which limits."""
    found = cache_info(World())
    if output == "json":
        typer.echo(json.dumps(json_of_info(found), indent=2, ensure_ascii=False))
    else:
        print_lines(_lines_of_info(found))


@app.command()
def explain(
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            help="Suite files, folders or patterns. Default: the configured ones.",
            metavar="[SUITE]...",
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(help="Only the case of this id; may be repeated.", metavar="ID"),
    ] = None,
    model: Models = None,
    repeat: Annotated[
        str | None,
        typer.Option(
            help="As a run with so many repeats, or 'auto': with all that it may have.",
            metavar="N|auto",
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every call, hits too.")
    ] = False,
    output: Format = "text",
) -> None:
    """Show which calls of a run would be made, and why the cache has no answer to them.

    No call is made. What would be asked after an answer that is not kept, by a judge or in a later
    turn, is not known and not shown.
    """
    # Whatever runs suites takes a while to import, and the other commands do without it.
    from agentops_cli.flows.cache_explain import explain_cache, json_of_explained
    from agentops_cli.flows.evaluate import prepare
    from agentops_cli.flows.options import EvalOptions
    from agentops_cli.suite.select import Selection

    selection = Selection(cases=frozenset(case or ()), models=tuple(model or ()))
    times, repeat_auto = repeats_typed(repeat)
    options = EvalOptions(
        suites=tuple(suites or ()), selection=selection, repeat=times, repeat_auto=repeat_auto
    )
    calls = explain_cache(prepare(options, World()))
    if output == "json":
        typer.echo(json.dumps(json_of_explained(calls), indent=2, ensure_ascii=False))
    else:
        print_lines(_lines_of_calls(calls, verbose=verbose))


@app.command()
def export(
    file: Annotated[str, typer.Argument(help="The file to write, as a cassette.", metavar="FILE")],
) -> None:
    """Write every answer that is kept to a file, one a line, in the form of a cassette."""
    world = World()
    number, unreadable = export_cache(world, world.cwd / file)
    say(f"{counted(number, 'answer')} written to {file}")
    if unreadable:
        say(f"{counted(unreadable, 'damaged answer')} left out")


@app.command()
def clear(
    model: Models = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            help="Only answers that were given so long ago: 90m, 12h, 7d, 2w.", metavar="AGE"
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing, also on a terminal.")
    ] = False,
) -> int:
    """Remove answers that are kept: all of them, or those of some models, or old ones.

    On a terminal it asks before it removes all; elsewhere it does not. Runs that use the cache at
    the same time go on.
    """
    age = None if older_than is None else _age(older_than)
    world = World()
    if not (yes or model or age) and _is_asked():
        answers = cache_info(world).answers
        if answers and not typer.confirm(f"Remove {counted(answers, 'answer')}?", err=True):
            return ExitCode.OK
    number = clear_cache(world, models=tuple(model or ()), older_than=age)
    say(f"{counted(number, 'answer')} removed")
    return ExitCode.OK


def _is_asked() -> bool:
    """True when there is somebody to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty() and "CI" not in os.environ


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise UsageError(f"--older-than must be an age such as 12h or 7d, not {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _lines_of_info(found: CacheInfo) -> Iterator[str]:
    settings = found.settings
    yield f"{counted(found.answers, 'answer')}, {_size(found.bytes)}, in {found.folder}"
    if found.oldest and found.newest:
        yield f"given from {_time(found.oldest)} to {_time(found.newest)}"
    for each in found.models:
        yield f"  {flat(each.model)}: {counted(each.answers, 'answer')}, {_size(each.bytes)}"
    if found.unreadable:
        yield f"{counted(found.unreadable, 'damaged answer')}, to be asked for anew"
    megabytes, days = settings.most_bytes / BYTES_PER_MB, settings.most_days
    yield f"limits: {megabytes:g} MB, {days:g} days"


def _size(size: int) -> str:
    return (
        f"{size / BYTES_PER_MB:,.1f} MB" if size >= BYTES_PER_MB / 10 else f"{size / 1024:.1f} kB"
    )


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _lines_of_calls(calls: Sequence["Explained"], *, verbose: bool) -> Iterator[str]:
    shown = [call for call in calls if verbose or call.status != "hit"]
    limit = len(shown) if verbose else SHOWN_CALLS
    for call in shown[:limit]:
        yield _line_of_call(call)
    if len(shown) > limit:
        yield f"… and {counted(len(shown) - limit, 'more call')}: see --verbose"
    hits = sum(call.status == "hit" for call in calls)
    made = len(calls) - hits
    total = counted(len(calls), "call")
    yield f"{hits:,} of {total} would be answered from the cache, {made:,} made"


def _line_of_call(call: "Explained") -> str:
    places = {"repeat": call.repeat, "turn": call.turn, "step": call.step}
    parts = [
        *(f"{name} {number}" for name, number in places.items() if number),
        *(["judge"] if call.purpose is Purpose.JUDGE else []),
    ]
    place = f" ({', '.join(parts)})" if parts else ""
    why = f": {call.why}" if call.why else ""
    return flat(f"{call.status:<5}  {call.suite}  {call.case_id}  {call.model}{place}{why}")
