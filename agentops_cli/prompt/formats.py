"""Prompt files of any format, read as the linter wants them: tolerantly, with places."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Final

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Role
from agentops_cli.prompt import foreign
from agentops_cli.prompt.canonical import canonical
from agentops_cli.prompt.frontmatter import Parts, find_frontmatter
from agentops_cli.prompt.kinds import ENGINES, ROLES, kind_of
from agentops_cli.prompt.loose import read_loosely
from agentops_cli.prompt.passages import passages_of
from agentops_cli.prompt.read import (
    MAX_CHARACTERS,
    MAX_FRONTMATTER,
    NATIVE,
    examine,
    layout_problems,
    too_large,
)
from agentops_cli.prompt.roles import Layout, layout_of
from agentops_cli.prompt.source import MAX_BYTES, Kind, PromptFile, Span, Stored
from agentops_cli.validate import Problem

__all__ = ["MAX_BYTES", "kind_of", "read_bytes", "read_file", "unreadable"]

_REFINED: Final = {
    "minimum": "out-of-range",
    "exclusiveMinimum": "out-of-range",
    "maximum": "out-of-range",
    "minLength": "empty-value",
    "minItems": "empty-value",
}
"""Names for what the schema does not accept that say more than `bad-value`, by its keyword."""

_PATTERNS: Final[Mapping[Route, str]] = {("version",): "bad-version", ("name",): "not-kebab"}
"""The same for texts that have not the right form, by where they stand."""

_NO_TEXT: Final = re.compile("[\\0\udc80-\udcff]")


def read_bytes(stored: bytes, *, path: str, is_declared: bool = False) -> PromptFile:
    """Reads the bytes of a prompt file; those that are not UTF-8 are a problem, not an error.

    Of a larger file `MAX_BYTES` and one byte more are enough.
    """
    if len(stored) > MAX_BYTES:
        return unreadable(
            path,
            f"the file is larger than {MAX_BYTES // 2**20} MiB",
            fix="move long texts into variables, or into files that the template includes",
        )
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if stored.startswith(mark):
            message, fix = "the file is UTF-16, not UTF-8", "save the file as UTF-8"
            return unreadable(path, message, fix=fix, rule="encoding")
    characters = stored.decode("utf-8", "surrogateescape")
    return read_file(characters, path=path, is_declared=is_declared)


def read_file(characters: str, *, path: str, is_declared: bool = False) -> PromptFile:
    """Reads a prompt file of any format; never fails, what is wrong is in `problems`.

    `characters` are the file's own, line ends and byte-order mark included. `is_declared` says that
    the configuration names the file as a prompt.
    """
    file = _read(Stored(characters), path, is_declared=is_declared)
    wrong = _undecoded(file)
    return replace(file, problems=(wrong, *file.problems)) if wrong else file


def _read(stored: Stored, path: str, *, is_declared: bool) -> PromptFile:
    kind = kind_of(path, stored.text, is_declared=is_declared)
    if kind == "native":
        return _native(stored, path)
    if kind in foreign.MODULES:
        module = import_module(f"{foreign.__name__}.{foreign.MODULES[kind]}")
        read: PromptFile = module.read(stored, path=path, kind=kind)
        return read
    return _text(stored, path, kind, is_declared=is_declared)


def unreadable(
    path: str, message: str, *, fix: str | None = None, rule: str = "unreadable"
) -> PromptFile:
    """A file of which nothing is known but why it could not be read."""
    place = Location(path=path, line=1, column=1)
    finding = Finding(rule=rule, message=message, location=place, fix=fix)
    kind = kind_of(path, "", is_declared=False)
    return PromptFile(path=path, kind=kind, stored=Stored(""), problems=(finding,))


def _native(stored: Stored, path: str) -> PromptFile:
    parts = find_frontmatter(stored.text, path=path, required=path.lower().endswith(NATIVE))
    block = _block(parts)
    too_long = too_large(parts.frontmatter or "", MAX_FRONTMATTER, "frontmatter", path)
    if too_long:
        parts = replace(parts, frontmatter=None)
    reading = examine(parts, path=path, loosely=True)
    document = reading.document
    meta, routes = canonical(_mapping(document.data if document else None))
    problems = (
        parts.problem,
        too_large(stored.text, MAX_CHARACTERS, "prompt file", path),
        too_long,
        *(_refined(problem, document) for problem in reading.problems),
    )
    return PromptFile(
        path=path,
        kind="native",
        stored=stored,
        engine="jinja2",
        block=block,
        body=Span(start=parts.body_start, end=len(stored.text)),
        document=document,
        meta=meta,
        routes=routes,
        passages=passages_of(stored.text, parts.body_start, reading.layout, first="system"),
        inputs=reading.declared.inputs,
        defaults=reading.declared.defaults,
        problems=tuple(problem for problem in problems if problem),
    )


def _text(stored: Stored, path: str, kind: Kind, *, is_declared: bool) -> PromptFile:
    """A file of which only frontmatter and body can be told."""
    parts = find_frontmatter(stored.text, path=path, required=False)
    problems = [parts.problem] if parts.problem else []
    document: Document | None = None
    meta: JsonObject = {}
    routes: Mapping[str, Route] = {}
    too_long = too_large(parts.frontmatter or "", MAX_FRONTMATTER, "frontmatter", path)
    block = _block(parts)
    if too_long:
        problems.append(too_long)
    elif parts.frontmatter is not None:
        loose = read_loosely(parts.frontmatter, path=path, first_line=parts.frontmatter_line)
        document = loose.document
        problems += loose.findings
        meta, routes = canonical(_mapping(document.data))
    as_template = kind == "plain" and (is_declared or path.lower().endswith(".j2"))
    layout = layout_of(parts.body) if as_template else Layout(roles=())
    if as_template:
        problems += layout_problems(parts, layout, path)
    first: Role | None = "system" if as_template else ROLES.get(kind)
    return PromptFile(
        path=path,
        kind=kind,
        stored=stored,
        engine="jinja2" if as_template else ENGINES.get(kind, "none"),
        block=block,
        body=Span(start=parts.body_start, end=len(stored.text)),
        document=document,
        meta=meta,
        routes=routes,
        passages=passages_of(stored.text, parts.body_start, layout, first=first),
        problems=tuple(problems),
    )


def _block(parts: Parts) -> Span | None:
    if parts.frontmatter is None:
        return None
    return Span(start=parts.start, end=parts.start + len(parts.frontmatter))


def _refined(problem: Problem, document: Document | None) -> Finding:
    """The finding under a name that tells rules apart which the reader of `eval` need not."""
    finding, keyword = problem.finding, problem.keyword
    rule = _REFINED.get(keyword, finding.rule)
    value = _at(document.data, problem.route) if document and keyword else False
    if value is None or value == "":
        rule = "empty-value"
    elif keyword == "pattern":
        rule = _PATTERNS.get(problem.route, rule)
    elif "string" in problem.wanted and document and document.is_plain(problem.route):
        rule = "type-trap"
    return finding if rule == finding.rule else replace(finding, rule=rule)


def _at(data: Json, route: Route) -> Json:
    for step in route:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
    return data


def _undecoded(file: PromptFile) -> Finding | None:
    """The first byte that is not UTF-8, or is no text at all."""
    stored = file.stored
    if "\ufffd" not in stored.text and "\0" not in stored.text:
        return None
    found = _NO_TEXT.search(stored.characters)
    if found is None:
        return None
    code = ord(found[0])
    what = "a NUL byte" if code == 0 else f"the byte 0x{code & 0xFF:02X}, which is not UTF-8"
    others = len(_NO_TEXT.findall(stored.characters)) - 1
    more = f", and {others:,} more such bytes" if others else ""
    return Finding(
        rule="encoding",
        message=f"here is {what}{more}",
        location=file.location(len(Stored(stored.characters[: found.start()]).text)),
        fix="save the file as UTF-8",
    )


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
