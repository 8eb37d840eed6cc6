"""The settings in force: read, checked, merged and explained.

A value comes from the first of: flag, `AGENTOPS_*` variable, the configuration file, the files that
it `extends`, default. For budgets the strictest of all of them holds. Paths are relative to the
file that names them. Every mistake in every place is reported at once, before anything is done.
"""

import difflib
import hashlib
import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import starmap
from pathlib import Path
from typing import Any, cast

from agentops_cli.config_agents import agent_shape, read_agent
from agentops_cli.config_calls import Numbers, breaker_of, breaker_shape, retry_of, retry_shape
from agentops_cli.config_check import mistakes
from agentops_cli.config_files import Layer, Search, exact, git_root
from agentops_cli.config_lint import lint_settings, lint_shape
from agentops_cli.errors import InputError
from agentops_cli.judge_keys import judge_of, judge_shape
from agentops_cli.locate import Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.settings import (
    BYTES_PER_MB,
    AgentSettings,
    CacheSettings,
    Config,
    DiffSettings,
    GatewayName,
    LintSettings,
    ModelSettings,
    PriceOverride,
    ReportPaths,
)
from agentops_cli.model.suite import Budget
from agentops_cli.toml import PlacedDocument, WrittenFloat


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A setting that a variable gives too, and maybe a flag; `key` as in the file, with dots.

    One that `is_text` is never taken for a number. One that has `counts` is one of these whole
    numbers, and the setting is that and one more.
    """

    key: str
    variable: str
    flag: str | None = None
    is_text: bool = False
    counts: range | None = None


RETRIES = range(20)
"""How often a call may be made again: the schema has one attempt more."""


KNOBS = (
    Knob(key="budget.runUsd", variable="AGENTOPS_BUDGET", flag="--budget"),
    Knob(key="budget.caseUsd", variable="AGENTOPS_BUDGET_CASE_USD"),
    Knob(key="budget.calls", variable="AGENTOPS_BUDGET_CALLS"),
    Knob(key="budget.tokens", variable="AGENTOPS_BUDGET_TOKENS"),
    Knob(key="budget.usdPerHour", variable="AGENTOPS_BUDGET_USD_PER_HOUR"),
    Knob(key="concurrency", variable="AGENTOPS_CONCURRENCY", flag="--concurrency"),
    Knob(key="timeoutS", variable="AGENTOPS_TIMEOUT", flag="--timeout"),
    # Whoever says "2 retries" means three attempts.
    Knob(key="retry.attempts", variable="AGENTOPS_RETRIES", flag="--retries", counts=RETRIES),
    Knob(key="cache.folder", variable="AGENTOPS_CACHE_FOLDER", is_text=True),
    Knob(key="cache.maxMb", variable="AGENTOPS_CACHE_MAX_MB"),
    Knob(key="cache.maxAgeDays", variable="AGENTOPS_CACHE_MAX_AGE_DAYS"),
)

_STRICTEST = "budget"
_REPORTS = ("junit", "json", "jsonl", "md", "cost")


def load_config(
    start: Path, *, environ: Mapping[str, str], overrides: Mapping[str, Json] | None = None
) -> Config:
    """The settings for a command that is started in the folder `start`.

    `overrides` holds what flags gave, by the keys of `KNOBS`; None is a flag that was not given.
    Raises `InputError` with every mistake in files, variables and flags.
    """
    start = start.resolve()
    search = Search(start=start, top=git_root(start))
    files = search.layers()
    flags = overrides or {}
    said = [
        *((knob.flag, knob, flags.get(knob.key)) for knob in KNOBS if knob.flag),
        *((knob.variable, knob, environ.get(knob.variable)) for knob in KNOBS),
    ]
    findings = [*filter(None, starmap(_miscounted, said))]
    spoken = (_spoken(*one, folder=start) for one in said)
    layers = [*filter(None, spoken), *files]
    findings += [finding for layer in layers for finding in mistakes(layer)]
    findings += [*search.findings, *_unknown_variables(environ, files)]
    if findings:
        raise InputError(findings)
    root = files[0].folder if files else search.top or start
    config = _assemble(_merged(layers), root)
    canonical = json.dumps(in_force(config), sort_keys=True, separators=(",", ":"))
    return replace(
        config,
        path=files[0].document.path if files else None,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def in_force(config: Config) -> JsonObject:
    """The settings as a file would hold them, defaults included; dollars as decimal text."""
    return {
        "prompts": list(config.prompts),
        "suites": list(config.suites),
        "models": {name: _model_shape(model) for name, model in config.models.items()},
        "agents": {name: agent_shape(agent) for name, agent in config.agents.items()},
        "budget": _budget_shape(config.budget),
        "report": _given(**{kind: getattr(config.report, kind) for kind in _REPORTS}),
        "judges": list(config.judges),
        **_given(
            judge=judge_shape(config.judge) if isinstance(config.judge, Judge) else config.judge
        ),
        "cache": _cache_shape(config.cache),
        "retry": retry_shape(config.retry),
        "breaker": breaker_shape(config.breaker),
        "lint": lint_shape(config.lint),
        "diff": {"levels": dict(config.diff.levels)},
        "allowScripts": config.allow_scripts,
        "concurrency": config.concurrency,
        "timeoutS": config.timeout_s,
    }


def _budget_shape(budget: Budget) -> JsonObject:
    return _given(
        runUsd=_dollars(budget.run_usd),
        caseUsd=_dollars(budget.case_usd),
        calls=budget.calls,
        tokens=budget.tokens,
        usdPerHour=_dollars(budget.usd_per_hour),
    )


def _model_shape(model: ModelSettings) -> JsonObject:
    return _given(
        baseUrl=model.base_url,
        apiKeyEnv=model.api_key_env,
        headers=dict(model.headers) or None,
        gateway=model.gateway,
        price=_price_shape(model.price) if model.price else None,
        fallbacks=[*model.fallbacks] or None,
        rpm=model.rpm,
        tpm=model.tpm,
    )


def _cache_shape(cache: CacheSettings) -> JsonObject:
    return {
        "folder": cache.folder,
        "maxMb": cache.most_bytes / BYTES_PER_MB,
        "maxAgeDays": cache.most_days,
    }


def _price_shape(price: PriceOverride) -> JsonObject:
    figures = {"inputPer1M": price.input_per_1m, "outputPer1M": price.output_per_1m}
    return _given(**{key: _dollars(usd) for key, usd in figures.items()}, **{"as": price.same_as})


def _given(**values: Json) -> JsonObject:
    return {key: value for key, value in values.items() if value is not None}


def _dollars(amount: Decimal | None) -> str | None:
    """Equal amounts as equal text, however many zeros were written."""
    return None if amount is None else f"{amount.normalize():f}"


def _miscounted(name: str, knob: Knob, value: Json) -> Finding | None:
    """A finding where a flag or variable is to count something, and is no number that it may be."""
    number = _number(value) if isinstance(value, str) else value
    if value is None or knob.counts is None:
        return None
    if isinstance(number, int) and number in knob.counts:
        return None
    message = f"{name} must be from {knob.counts[0]} to {knob.counts[-1]}, not {value!r}"
    return Finding(rule="bad-value", message=message, location=None, fix=None)


def _spoken(name: str, knob: Knob, value: Json, *, folder: Path) -> Layer | None:
    """The layer of one flag or variable; None when it is not given, or miscounts."""
    if value is None or _miscounted(name, knob, value):
        return None
    data = _number(value) if isinstance(value, str) and not knob.is_text else value
    if knob.counts and isinstance(data, int):
        data += 1
    for key in reversed(knob.key.split(".")):
        data = {key: data}
    return Layer(document=PlacedDocument(path=name, data=data, places={}), folder=folder, name=name)


def _number(text: str) -> Json:
    """The number that a text is; the text itself when it is none, for the schema to refuse."""
    for kind in (int, WrittenFloat):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _unknown_variables(environ: Mapping[str, str], files: list[Layer]) -> Iterator[Finding]:
    """A finding for each `AGENTOPS_*` variable that nothing reads: it may be a budget with a typo.

    A variable that holds a key is known by the `apiKeyEnv` or `headersEnv` that names it.
    """
    known = sorted(knob.variable for knob in KNOBS)
    keys = {
        value
        for layer in files
        for route, value in layer.leaves()
        if (route[-1] == "apiKeyEnv" or "headersEnv" in route) and isinstance(value, str)
    }
    for name in sorted(environ):
        if not name.startswith("AGENTOPS_") or name in known or name in keys:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        fix = f"did you mean {near[0]}?" if near else f"unset it; known: {', '.join(known)}"
        message = f"unknown environment variable {name}"
        yield Finding(rule="unknown-variable", message=message, location=None, fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """A setting and the layer that gave it."""

    data: Json
    route: Route
    layer: Layer

    @property
    def decimal(self) -> Decimal:
        """The number exactly as it was written, hexadecimal apart."""
        return exact(self.layer.document, self.route, self.data)


_Values = Mapping[Route, _Value]


def _merged(layers: list[Layer]) -> _Values:
    """The nearest value of each key; for a budget the smallest."""
    values: dict[Route, _Value] = {}
    for layer in layers:
        taken = {whole for route in values if (whole := _whole(route))}
        for route, data in layer.leaves():
            if route == ("extends",) or _whole(route) in taken:
                continue
            value = _Value(data=data, route=route, layer=layer)
            kept = values.setdefault(route, value)
            if route[0] == _STRICTEST and value.decimal < kept.decimal:
                values[route] = value
    return values


def _whole(route: Route) -> Route | None:
    """The price, the agent or the judge that a value is a part of, if it is.

    Each is one thing: half of a nearer one is never mixed with half of another.
    """
    if route[2:3] == ("price",):
        return route[:3]
    if route[0] == "judge":
        return route[:1]
    return route[:2] if route[0] == "agents" else None


def _assemble(values: _Values, root: Path) -> Config:
    """The settings without path and digest; defaults are those of `Config`."""
    names = dict.fromkeys(str(route[1]) for route in values if route[0] == "models")
    settings: dict[str, Any] = {}
    for key in ("prompts", "suites", "judges"):
        if value := values.get((key,)):
            globs = cast("list[str]", value.data)
            settings[key] = tuple(_from_root(glob, value, root) for glob in globs)
    if value := values.get(("allowScripts",)):
        settings["allow_scripts"] = value.data is True
    if value := values.get(("concurrency",)):
        settings["concurrency"] = int(value.decimal)
    if value := values.get(("timeoutS",)):
        settings["timeout_s"] = float(value.decimal)
    return Config(
        root=root,
        models={name: _model(name, values) for name in names},
        agents=_agents(values, root),
        judge=_judge(values, root),
        budget=_budget(values),
        report=ReportPaths(
            **{
                kind: _from_root(str(value.data), value, root)
                for kind in _REPORTS
                if (value := values.get(("report", kind)))
            }
        ),
        cache=_cache(values, root),
        retry=retry_of(_numbers(values, "retry")),
        breaker=breaker_of(_numbers(values, "breaker")),
        lint=_lint(values, root),
        diff=_diff(values),
        sources={
            ".".join(str(step) for step in route): value.layer.source(value.route)
            for route, value in values.items()
        },
        **settings,
    )


def _numbers(values: _Values, *route: str) -> Numbers:
    """The numbers below a key."""

    def number(key: str) -> Decimal | None:
        value = values.get((*route, key))
        return None if value is None else value.decimal

    return number


def _budget(values: _Values) -> Budget:
    def dollars(key: str) -> Decimal | None:
        value = values.get((_STRICTEST, key))
        return None if value is None else value.decimal

    def number(key: str) -> int | None:
        value = values.get((_STRICTEST, key))
        return None if value is None else int(value.decimal)

    return Budget(
        run_usd=dollars("runUsd"),
        case_usd=dollars("caseUsd"),
        calls=number("calls"),
        tokens=number("tokens"),
        usd_per_hour=dollars("usdPerHour"),
    )


def _model(name: str, values: _Values) -> ModelSettings:
    def text(key: str) -> str | None:
        value = values.get(("models", name, key))
        return None if value is None else str(value.data)

    def limit(key: str) -> int | None:
        value = _numbers(values, "models", name)(key)
        return None if value is None else int(value)

    headers: Route = ("models", name, "headers")
    fallbacks = values.get(("models", name, "fallbacks"))
    return ModelSettings(
        base_url=text("baseUrl"),
        api_key_env=text("apiKeyEnv"),
        headers={
            str(route[3]): str(value.data)
            for route, value in values.items()
            if route[:3] == headers
        },
        gateway=cast("GatewayName | None", text("gateway")),
        price=_price(("models", name, "price"), values),
        fallbacks=tuple(cast("list[str]", fallbacks.data)) if fallbacks else (),
        fallbacks_at=fallbacks.layer.document.at(fallbacks.route) if fallbacks else None,
        rpm=limit("rpm"),
        tpm=limit("tpm"),
    )


def _price(route: Route, values: _Values) -> PriceOverride | None:
    parts = {key: values[*route, key] for key in _PRICE if (*route, key) in values}
    if not parts:
        return None
    first = next(iter(parts.values()))
    same_as = parts.get("as")
    return PriceOverride(
        input_per_1m=parts["inputPer1M"].decimal if "inputPer1M" in parts else None,
        output_per_1m=parts["outputPer1M"].decimal if "outputPer1M" in parts else None,
        same_as=str(same_as.data) if same_as else None,
        location=first.layer.document.key_at(route),
    )


_PRICE = ("inputPer1M", "outputPer1M", "as")


def _agents(values: _Values, root: Path) -> dict[str, AgentSettings]:
    layers = {str(route[1]): value.layer for route, value in values.items() if route[0] == "agents"}
    return {
        name: read_agent(layer.document, name, folder=_folder(layer, root))
        for name, layer in layers.items()
    }


def _cache(values: _Values, root: Path) -> CacheSettings:
    settings: dict[str, Any] = {}
    if value := values.get(("cache", "folder")):
        settings["folder"] = _from_root(str(value.data), value, root)
    if value := values.get(("cache", "maxMb")):
        settings["most_bytes"] = int(value.decimal * BYTES_PER_MB)
    if value := values.get(("cache", "maxAgeDays")):
        settings["most_days"] = float(value.decimal)
    return CacheSettings(**settings)


def _lint(values: _Values, root: Path) -> LintSettings:
    given: JsonObject = {}
    ignores: JsonObject = {}
    for route, value in values.items():
        if route[:2] == ("lint", "perFileIgnores"):
            ignores[_from_root(str(route[2]), value, root)] = value.data
        elif route == ("lint", "baseline"):
            given["baseline"] = _from_root(str(value.data), value, root)
        elif route[0] == "lint":
            _put(given, route[1:], value.data)
    return lint_settings({**given, "perFileIgnores": ignores} if ignores else given)


def _diff(values: _Values) -> DiffSettings:
    levels: dict[str, Any] = {
        str(route[2]): value.data
        for route, value in values.items()
        if route[:2] == ("diff", "levels")
    }
    return DiffSettings(levels=levels)


def _put(shape: JsonObject, route: Route, data: Json) -> None:
    """Puts a value to where its route leads, below mappings that are made on the way."""
    for step in route[:-1]:
        shape = cast("JsonObject", shape.setdefault(str(step), {}))
    shape[str(route[-1])] = data


def _judge(values: _Values, root: Path) -> Judge | str | None:
    """The judge, or the path of a judge file from the root."""
    value = next((value for route, value in values.items() if route[0] == "judge"), None)
    if value is None:
        return None
    document = value.layer.document
    written = cast("JsonObject", document.data)["judge"]
    if isinstance(written, str):
        return _from_root(written, value, root)
    return judge_of(cast("JsonObject", written), location=document.key_at(("judge",)))


def _from_root(path: str, value: _Value, root: Path) -> str:
    """A path of a layer as seen from the root; an absolute one stays."""
    folder = _folder(value.layer, root)
    return path if folder == "." else posixpath.join(folder, path)


def _folder(layer: Layer, root: Path) -> str:
    return Path(os.path.relpath(layer.folder, root)).as_posix()
