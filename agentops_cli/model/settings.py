"""The configuration of a project, validated and with its defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Literal

from agentops_cli.model.ids import Kind
from agentops_cli.model.json import Json
from agentops_cli.model.judge import Judge
from agentops_cli.model.place import Location
from agentops_cli.model.suite import Budget

GatewayName = Literal["openai_chat", "litellm"]

BYTES_PER_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOverride:
    """A price from the configuration: figures per million tokens, or another model's price."""

    input_per_1m: Decimal | None = None
    output_per_1m: Decimal | None = None
    same_as: str | None = None
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How one model id is reached. `api_key_env` names a variable; keys are never in files.

    `fallbacks` are the models that are asked, in order, where it gives no answer; `fallbacks_at` is
    where they are written.
    """

    base_url: str | None = None
    api_key_env: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    gateway: GatewayName | None = None
    price: PriceOverride | None = None
    rpm: int | None = None
    tpm: int | None = None
    fallbacks: tuple[str, ...] = ()
    fallbacks_at: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When a call is made again, and until when another attempt of it may begin.

    The wait before attempt n+1 is drawn from 0 to `base_s` times 2 to the n, at most `most_s`.
    None begins later than `deadline_s` after the first one failed; the last one takes its time. It
    is also the longest wait that a provider is believed to ask for. `run_deadline_s`
    is when the run makes no more attempts but the first, and lets none wait; None is never.
    """

    attempts: int = 4
    base_s: float = 0.5
    most_s: float = 30.0
    deadline_s: float = 300.0
    run_deadline_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When calls to a provider are held back, and for how long.

    It opens after so many failures in a row, or when `failure_rate` of at least `min_calls` calls
    of the last `window_s` seconds failed. After `cooldown_s` one call is let through; when `probes`
    of those in a row have failed too, the run asks that provider no more.
    """

    consecutive_failures: int = 5
    failure_rate: float = 0.5
    min_calls: int = 20
    window_s: float = 60.0
    cooldown_s: float = 30.0
    probes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """Where answers are kept, from the root, how many bytes of them, and for how many days."""

    folder: str = ".agentops/cache"
    most_bytes: int = 500 * BYTES_PER_MB
    most_days: float = 30.0


class Accounting(StrEnum):
    """How the dollars of an agent under test are known.

    ENFORCED: every call went through our meter, which refuses what the budget does not cover.
    REPORTED: the agent said what it used. DECLARED: the most that a call may cost was assumed.
    """

    ENFORCED = "enforced"
    REPORTED = "reported"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAgent:
    """An agent behind an address.

    `body` is JSON whose texts are templates over `input`, `vars`, `messages`, `conversation` and
    `faults`; a text that is one lone expression gives its value, not its text. `answer`,
    `tool_calls` and `trace` are JSON paths into the reply; without `answer` the reply is the text.
    `headers_env` names the variables that hold header values.
    """

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_env: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    answer: str | None = None
    tool_calls: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonAgent:
    """A function `module:name`, imported with the agent's folder on the path."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAgent:
    """A program and its arguments, started in the agent's folder for every call.

    With `answer`, a JSON path, its output is read as JSON, and so are `tool_calls` and `trace`.
    """

    command: tuple[str, ...]
    answer: str | None = None
    tool_calls: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePaths:
    """Where in an agent's reply its tokens and dollars are, as JSON paths."""

    input: str | None = None
    output: str | None = None
    usd: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Our proxy between an agent and its provider.

    `port` is fixed for a server that is started elsewhere; None takes a free one.
    """

    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCommand:
    """A command that is run around trials, `per` suite or per trial, in the agent's folder."""

    command: tuple[str, ...]
    per: Literal["suite", "trial"] = "suite"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """One agent under test, the model `agent/<name>`.

    It runs in `folder`, that of the file that names it, relative to the project's root.
    `max_usd_per_call` is reserved before each call; None where it is not declared. `tools` are the
    names that a suite may expect it to call, None where that is not said. `places` tells where its
    keys stand, each as the keys and indices that lead to it.
    """

    name: str
    location: Location
    how: HttpAgent | PythonAgent | CommandAgent
    folder: str = "."
    max_usd_per_call: Decimal | None = None
    usage: UsagePaths | None = None
    meter: Meter | None = None
    setup: AgentCommand | None = None
    teardown: AgentCommand | None = None
    tools: tuple[str, ...] | None = None
    places: Mapping[tuple[str | int, ...], Location] = field(
        default_factory=dict, compare=False, repr=False
    )

    def place(self, *route: str | int) -> Location:
        """Where a key stands, or the nearest one around it that is known."""
        while route and route not in self.places:
            route = route[:-1]
        return self.places.get(route, self.location)

    @property
    def model(self) -> str:
        """Its id among the models of a suite."""
        return f"{Kind.AGENT}/{self.name}"

    @property
    def accounting(self) -> Accounting | None:
        """How its dollars are known; None when they are not.

        A reply of a Python function may carry its cost, so nothing is said of that here.
        """
        if self.meter is not None:
            return Accounting.ENFORCED
        if self.usage is not None:
            return Accounting.REPORTED
        return None if self.max_usd_per_call is None else Accounting.DECLARED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPaths:
    """Where reports are written, relative to the configuration file; None writes none."""

    junit: str | None = None
    json: str | None = None
    jsonl: str | None = None
    md: str | None = None
    cost: str | None = None


Tier = Literal["toy", "mvp", "production"]
"""How ready a prompt has to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """What the linter looks for.

    `select` and `ignore` are codes, beginnings of codes, or names of rules; an empty `select` is
    the whole profile. `per_file_ignores` are such by glob. `required` are keys of frontmatter
    beyond those that the tier asks for. `allow_models` are ids, or globs, that the table need not
    know; `only_models` are all that may be used, where there are any. `retiring_days` is how many
    days before a model is switched off that is told. `baseline` is the file of known findings, from
    the root.

    A field is read from the configuration under its own name, in camel case.
    """

    profile: Literal["default", "strict", "all"] = "default"
    tier: Tier = "mvp"
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    allow_models: tuple[str, ...] = ()
    only_models: tuple[str, ...] = ()
    retiring_days: int = 90
    baseline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffSettings:
    """How changes are graded: the level of each class that a project sees otherwise, by its id."""

    levels: Mapping[str, Literal["breaking", "risky", "safe"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings in force.

    `root` is the folder of the configuration file, or the git root, or the working folder; globs
    and report paths are relative to it. `path` is None when there is no file. `sources` tells for
    each dotted key where its value came from (a `path:line`, a flag or a variable); a key that is
    not in it has its default. `judge` is that of suites that name none: a judge, or the path of a
    judge file from the root.
    """

    root: Path
    path: str | None = None
    prompts: tuple[str, ...] = ("prompts/**/*.prompt.md",)
    suites: tuple[str, ...] = ("evals/**/*.yaml",)
    judges: tuple[str, ...] = ("judges/*.yaml",)
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    budget: Budget = Budget()
    report: ReportPaths = ReportPaths()
    agents: Mapping[str, AgentSettings] = field(default_factory=dict)
    judge: Judge | str | None = None
    retry: Retry = Retry()
    breaker: Breaker = Breaker()
    cache: CacheSettings = CacheSettings()
    lint: LintSettings = LintSettings()
    diff: DiffSettings = DiffSettings()
    allow_scripts: bool = False
    concurrency: int = 8
    timeout_s: float = 120.0
    sources: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    def model(self, name: str) -> ModelSettings:
        """What is set for a model; the defaults where nothing is."""
        return self.models.get(name, ModelSettings())


def secret_variables(config: Config) -> tuple[str, ...]:
    """The environment variables that the settings say hold a key or the value of a header."""
    keys = [model.api_key_env for model in config.models.values() if model.api_key_env]
    https = [agent.how for agent in config.agents.values() if isinstance(agent.how, HttpAgent)]
    return (*keys, *(name for how in https for name in how.headers_env.values()))
