"""The flags `--record` and `--replay`."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

import typer
from typer.core import TyperCommand

from agentops_cli.errors import UsageError
from agentops_cli.model.cassette import CassetteUse

Mode: TypeAlias = Literal["all", "missing"]

Record: TypeAlias = Annotated[
    Mode | None,
    typer.Option(
        help="Ask everything anew, and write the answers into cassettes beside the suites. "
        "With 'missing', replay what is recorded and ask only for the rest.",
        metavar="[missing]",
    ),
]
Replay: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--replay", help="Make no call: answer from the cassettes. What they lack is errored."
    ),
]

_USES: dict[Mode | None, CassetteUse] = {
    None: CassetteUse.NONE,
    "all": CassetteUse.RECORD,
    "missing": CassetteUse.MISSING,
}


class RecordCommand(TyperCommand):
    """A command whose `--record` takes `missing` after it, or nothing.

    Click would take whatever follows the flag for its value, so that a suite after it would be
    swallowed. Only the one word is taken here; anything else is what it would be without the flag.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the line with the value of `--record` spelled out."""
        return super().parse_args(ctx, spelled_out(args))


def spelled_out(args: Sequence[str]) -> list[str]:
    """The arguments with `--record missing` and a bare `--record` as `--record=…`."""
    found: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*found, word, *rest]
        if word == "--record":
            has_mode = rest[:1] == ["missing"]
            word = f"--record={rest.pop(0) if has_mode else 'all'}"
        found.append(word)
    return found


def use_of(record: Mode | None, *, replay: bool) -> CassetteUse:
    """What is to be done with cassettes; raises `UsageError` for both at once."""
    if not replay:
        return _USES[record]
    if record is not None:
        fix = "take --record missing alone: it replays what is recorded, and asks for the rest"
        raise UsageError("--record asks and --replay does not: only one of them can be", fix=fix)
    return CassetteUse.REPLAY
