"""The configuration of a project, validated and with its defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from agentops_cli.model.place import Location
from agentops_cli.model.suite import Budget

GatewayName = Literal["openai_chat", "litellm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOverride:
    """A price from the configuration: figures per million tokens, or another model's price."""

    input_per_1m: Decimal | None = None
    output_per_1m: Decimal | None = None
    same_as: str | None = None
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How one model id is reached. `api_key_env` names a variable; keys are never in files."""

    base_url: str | None = None
    api_key_env: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    gateway: GatewayName | None = None
    price: PriceOverride | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPaths:
    """Where reports are written, relative to the configuration file; None writes none."""

    junit: str | None = None
    json: str | None = None
    jsonl: str | None = None
    md: str | None = None
    cost: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings in force.

    `root` is the folder of the configuration file, or the git root, or the working folder; globs
    and report paths are relative to it. `path` is None when there is no file. `sources` tells for
    each dotted key where its value came from (a `path:line`, a flag or a variable); a key that is
    not in it has its default.
    """

    root: Path
    path: str | None = None
    prompts: tuple[str, ...] = ("prompts/**/*.prompt.md",)
    suites: tuple[str, ...] = ("evals/**/*.yaml",)
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    budget: Budget = Budget()
    report: ReportPaths = ReportPaths()
    concurrency: int = 8
    timeout_s: float = 120.0
    sources: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
