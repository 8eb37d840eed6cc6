"""The figures that an agent reports of what it used: tokens, and dollars."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from agentops_cli.assertions.json_path import Path
from agentops_cli.gateways.agents.reply import ReplyError
from agentops_cli.model.json import Json
from agentops_cli.model.money import is_tokens
from agentops_cli.user_schema.values import kind_of

_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,18})?")
_MOST_USD = Decimal(10) ** 9
_FIX = "let it report what the call used: a number that is not negative"


def tokens_of(value: Json) -> int | None:
    """A number of tokens; None for what cannot be one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if is_tokens(value) else None


def dollars_of(value: Json) -> Decimal | None:
    """Dollars as a number or decimal text; None for what is none, negative or beyond belief."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and math.isfinite(value):
        usd = Decimal(str(value))
        return usd if 0 <= usd < _MOST_USD else None
    return Decimal(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None


_Number = TypeVar("_Number", int, Decimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Generic[_Number]):
    """A figure that an agent reports: what it is, and how it is read; None for what is none."""

    noun: str
    reader: Callable[[Json], _Number | None]

    def read(self, value: Json, where: str, *, verb: str) -> _Number:
        """The figure; raises `ReplyError`."""
        figure = self.reader(value)
        if figure is None:
            raise ReplyError(
                f"{verb} {kind_and_value(value)} as {where}, which is no {self.noun}", fix=_FIX
            )
        return figure


TOKENS = Figure(noun="number of tokens", reader=tokens_of)
DOLLARS = Figure(noun="amount of dollars", reader=dollars_of)


def figure_at(
    reply: Json, path: Path | None, figure: Figure[_Number], *, failed: bool = False
) -> _Number | None:
    """What a reply says at a path; None where there is no path, or a failed agent says nothing."""
    if path is None:
        return None
    found = path.find(reply)
    if failed and found in ([], [None]):
        return None
    if not found:
        fix = "let it report what it used in every reply, or mend 'usage'"
        raise ReplyError(f"has no {figure.noun} at {path.source}: {path.miss(reply)}", fix=fix)
    if len(found) > 1:
        fix = "name the one place where it is"
        raise ReplyError(f"has {len(found)} values at {path.source}, and wants one", fix=fix)
    return figure.read(found[0], path.source, verb="has")


def kind_and_value(value: Json) -> str:
    """A value as a message tells it, cut."""
    return "null" if value is None else f"{kind_of(value)} {json.dumps(value):.40}"
