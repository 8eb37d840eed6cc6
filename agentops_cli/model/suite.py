"""What an author writes in a suite file, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from agentops_cli.model.json import Json
from agentops_cli.model.place import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionSpec:
    """One assertion as written: its kind, its arguments, and how it counts.

    `args` holds the arguments of the kind alone, `value` among them; templates in them have been
    rendered. `negated` turns the verdict round. `effective` is False for an
    `expectedCategory: success` that comes only from `defaults`: it cannot carry a case alone.
    """

    kind: str
    args: Mapping[str, Json]
    location: Location
    negated: bool = False
    advisory: bool = False
    effective: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """A case that is watched and gates nothing, until the day it must have been mended."""

    reason: str
    owner: str
    until: date

    def holds(self, *, today: date) -> bool:
        """True up to and including the last day."""
        return today <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to try.

    `input` is None where the case gives only `vars`. `row` is the dataset row it came from, by
    column, empty for a case written in the suite. Of `repeat` executions `repeat_pass` must pass.
    `skip`, `xfail` are the author's reasons.
    """

    id: str
    location: Location
    input: str | None = None
    vars: Mapping[str, Json] = field(default_factory=dict)
    row: Mapping[str, Json] = field(default_factory=dict)
    assertions: tuple[AssertionSpec, ...] = ()
    tags: frozenset[str] = frozenset()
    repeat: int = 1
    repeat_pass: int = 1
    skip: str | None = None
    xfail: str | None = None
    quarantine: Quarantine | None = None
    assert_output: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The absolute thresholds that a suite must meet."""

    min_pass_rate: float = 1.0
    max_errored: int = 0
    max_cost_usd: Decimal | None = None
    max_p95_latency_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits that a run may never exceed; None is no limit."""

    run_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite file.

    `prompt` is a path or a name as written, None where every model is a cassette or an agent.
    `models` is empty where the prompt's own model is meant. `path` is the file as the user knows
    it, `name` its stem.
    """

    name: str
    path: str
    location: Location
    prompt: str | None
    prompt_location: Location
    models: tuple[str, ...]
    models_location: Location
    cases: tuple[Case, ...]
    gate: Gate = Gate()
    budget: Budget = Budget()
