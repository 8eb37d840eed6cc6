"""What is wrong in one place that settings come from."""

import math
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import PurePosixPath

from agentops_cli.config_agents import KINDS
from agentops_cli.config_files import Layer
from agentops_cli.judge_keys import judge_findings
from agentops_cli.locate import Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import may_stand_in
from agentops_cli.model.json import Json
from agentops_cli.patterns import SECRETS, find
from agentops_cli.sources import is_no_path
from agentops_cli.validate import problems, without

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SECRET_NAME = re.compile(
    r"(^|[-_.])(api[-_]?key|virtual[-_]key|access[-_]key|secret|token|password|passwd"
    r"|authorization|auth|cookie|credentials?)$",
    re.IGNORECASE,
)
# Whoever puts a name before the host of an address logs in with it, whatever the words are.
_LOGIN = re.compile(r"[a-z]+://[^/?#]*@", re.IGNORECASE)


def mistakes(layer: Layer) -> Iterator[Finding]:
    """Every mistake of a layer; those of a variable or flag name it and have no place."""
    document = layer.document
    if document.data is None:
        return  # An empty file, or one with comments only, says nothing.
    found = [*_secrets(layer), *_not_finite(layer)]
    gone: set[tuple[Route, str]] = set()
    for route, _ in found:
        # The rest is checked without them, so that no message shows a secret. A list goes whole:
        # a hole in it would be a mistake of its own.
        keys = tuple(takewhile(lambda step: isinstance(step, str), route))
        document = replace(document, data=without(document.data, keys))
        if keys:
            gone.add((keys[:-1], f"missing key {keys[-1]!r}"))
    told = (
        *(finding for _, finding in found),
        *_not_one_way(layer),
        *_no_judge(layer),
        *_no_stand_ins(layer),
        *_way_out(layer),
        *_foreign_prompts(layer),
        *_no_path(layer),
    )
    left = (
        problem.finding
        for problem in problems(document, "config")
        if (problem.route, problem.finding.message) not in gone
    )
    for finding in (*told, *left):
        if layer.name is None:
            yield finding
        else:
            yield replace(finding, location=None, message=f"{layer.name}: {finding.message}")


def _secrets(layer: Layer) -> Iterator[tuple[Route, Finding]]:
    """Values that are keys, by their name or their look; the value itself is never shown."""
    for route, value in _texts(layer.document.data, ()):
        name = next((step for step in reversed(route) if isinstance(step, str)), "")
        if value and _is_secret(name, value, route):
            ours = route[0] != "agents"
            named = "apiKeyEnv: NAME" if ours else "headersEnv: {authorization: NAME}"
            finding = Finding(
                rule="secret-in-file",
                message=f"{name!r} holds a key or a token",
                location=layer.document.key_at(route),
                fix="keys come from the environment only: set a variable and write its name,"
                f" {named} (and revoke this key if it was ever committed)",
            )
            yield route, finding


def _texts(value: Json, route: Route) -> Iterator[tuple[Route, str]]:
    """Every text, those in lists too."""
    if isinstance(value, str):
        yield route, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*route, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*route, index))


def _is_secret(name: str, value: str, route: Route) -> bool:
    if find(value, SECRETS) or (name in {"url", "baseUrl"} and _LOGIN.match(value)):
        return True
    # What these say is the name of a variable, or a template.
    elsewhere = "headersEnv" in route or ("body" in route and "{{" in value)
    return bool(_SECRET_NAME.search(_CAMEL.sub("-", name))) and not elsewhere


def _not_one_way(layer: Layer) -> Iterator[Finding]:
    """Agents that are reached in no way, or in more than one."""
    data = layer.document.data
    agents = data.get("agents") if isinstance(data, dict) else None
    for name, agent in agents.items() if isinstance(agents, dict) else ():
        if not isinstance(agent, dict):
            continue
        ways = [kind for kind in KINDS if kind in agent]
        place = layer.document.key_at(("agents", name))
        if not ways:
            problem, fix = f"agent {name!r} is none of {', '.join(KINDS)}", "add one of them"
            yield Finding(rule="bad-agent", message=problem, location=place, fix=fix)
        elif len(ways) > 1:
            problem = f"agent {name!r} is {' and '.join(ways)} at once"
            yield Finding(rule="bad-agent", message=problem, location=place, fix="keep one of them")


def _no_judge(layer: Layer) -> Iterator[Finding]:
    """What no schema says of the judge."""
    data = layer.document.data
    judge = data.get("judge") if isinstance(data, dict) else None
    if isinstance(judge, dict):
        yield from judge_findings(judge, lambda key: layer.document.at(("judge", key)))


def _no_stand_ins(layer: Layer) -> Iterator[Finding]:
    """Models that cannot stand in for another one, and those that nothing can stand in for."""
    data = layer.document.data
    models = data.get("models") if isinstance(data, dict) else None
    for name, model in models.items() if isinstance(models, dict) else ():
        written = model.get("fallbacks") if isinstance(model, dict) else None
        if not isinstance(written, list):
            continue
        route: Route = ("models", name, "fallbacks")
        if not may_stand_in(name):
            problem = f"nothing can stand in for {name}"
            yield _bad_stand_in(problem, layer, route, "name the fallbacks of models only")
        for index, other in enumerate(written):
            before = [str(one) for one in written[:index]]
            if (why := _why_not(str(other), name, before)) is not None:
                yield _bad_stand_in(why, layer, (*route, index), "take it out")


def _why_not(other: str, model: str, before: list[str]) -> str | None:
    if other == model:
        return f"{model} cannot stand in for itself"
    if other in before:
        return f"{other} is named twice"
    if not may_stand_in(other):
        return f"{other} cannot stand in for a model: it is none"
    return None


def _bad_stand_in(problem: str, layer: Layer, route: Route, fix: str) -> Finding:
    place = layer.document.at(route)
    return Finding(rule="bad-fallback", message=problem, location=place, fix=fix)


def _way_out(layer: Layer) -> Iterator[Finding]:
    """A folder of the cache that leads out of that of its file: a repository names its own only."""
    data = layer.document.data
    cache = data.get("cache") if isinstance(data, dict) else None
    folder = cache.get("folder") if isinstance(cache, dict) else None
    if layer.name is not None or not isinstance(folder, str) or not folder:
        return
    path = PurePosixPath(posixpath.normpath(folder))
    if path.is_absolute() or path.parts[:1] in {(), ("..",)} or folder.startswith("~"):
        yield Finding(
            rule="bad-folder",
            message=f"the cache folder {folder!r} is not below that of this file",
            location=layer.document.at(("cache", "folder")),
            fix="name one below it, such as .agentops/cache, or set AGENTOPS_CACHE_FOLDER",
        )


def _foreign_prompts(layer: Layer) -> Iterator[Finding]:
    """Globs of prompts that lead out of the folder of their file: what is theirs, others lint."""
    data = layer.document.data
    globs = data.get("prompts") if isinstance(data, dict) else None
    for index, glob in enumerate(globs if isinstance(globs, list) else ()):
        if isinstance(glob, str) and f"{posixpath.normpath(glob)}/".startswith(("/", "../")):
            yield Finding(
                rule="bad-glob",
                message=f"the prompts {glob!r} are not below the folder of this file",
                location=layer.document.at(("prompts", index)),
                fix="name them in a configuration of their own folder, or on the command line",
            )


_PATHS = frozenset({"extends", "prompts", "suites", "judges", "report", "cache"})


def _no_path(layer: Layer) -> Iterator[Finding]:
    """Texts that the system takes for no path; one with a NUL for no argument or header either."""
    for route, text in _texts(layer.document.data, ()):
        is_path = route == ("judge",) or (route and route[0] in _PATHS)
        if "\0" in text or (is_path and is_no_path(text)):
            problem = "holds a NUL character" if "\0" in text else "is too long for a path"
            yield Finding(
                rule="bad-path",
                message=f"{text!r:.40} {problem}",
                location=layer.document.at(route),
                fix="write another one",
            )


def _not_finite(layer: Layer) -> Iterator[tuple[Route, Finding]]:
    """Infinity and "not a number", which a schema's comparisons let pass."""
    for route, value in layer.leaves():
        if isinstance(value, float) and not math.isfinite(value):
            finding = Finding(
                rule="bad-value",
                message=f"{str(route[-1])!r} must be a finite number, not {value}",
                location=layer.document.at(route),
                fix="write a number, or leave it out",
            )
            yield route, finding
