"""What is typed to have a part of a run, or each case only as often as it takes."""

import re

from agentops_cli.errors import UsageError
from agentops_cli.run.shard import MOST_PARTS


def repeats_typed(repeat: str | None) -> tuple[int | None, bool]:
    """`--repeat`: a number, and whether cases are repeated only until they are decided."""
    if repeat is None or repeat == "auto":
        return None, repeat is not None
    if not repeat.isdecimal() or not 1 <= int(repeat) <= 1000:
        raise UsageError(f"--repeat must be a number from 1 to 1000 or 'auto', not {repeat!r}")
    return int(repeat), False


def part_typed(shard: str | None) -> tuple[int, int] | None:
    """`--shard 1/4`: which part of how many, from 1."""
    if shard is None:
        return None
    found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", shard)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= count <= MOST_PARTS:
        fix = f"write 1/4 to 4/4, one in each job; at most {MOST_PARTS} parts"
        raise UsageError(f"--shard must be a part of how many, not {shard!r}", fix=fix)
    return number, count


def durations_typed(durations: str | None, *, shard: str | None) -> str | None:
    """`--durations`, which means nothing without a part."""
    if durations is not None and shard is None:
        raise UsageError("--durations balances parts, and no part was asked for", fix="add --shard")
    return durations
