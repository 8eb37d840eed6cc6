"""Text of a prompt file to a `Prompt`, with every mistake found.

Two kinds are read: `*.prompt.md`, whose frontmatter is required, and plain `.md`, `.txt` and `.j2`
files, which are prompts as they are; frontmatter that one of them has is read like the other's.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from agentops_cli.errors import InputError
from agentops_cli.locate import Document, Route, parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Prompt, PromptMeta
from agentops_cli.model.tool import Tool
from agentops_cli.prompt.frontmatter import Parts, split_frontmatter
from agentops_cli.prompt.interface import DeclaredInputs, read_inputs, read_output
from agentops_cli.prompt.meta import misplaced_settings, read_meta
from agentops_cli.prompt.roles import layout_of
from agentops_cli.prompt.tools import read_tools
from agentops_cli.validate import problems, schema, without

NATIVE: Final = ".prompt.md"
PLAIN: Final = (".md", ".txt", ".j2")
FOREIGN: Final = (".prompt", ".prompty", ".prompt.yml", ".prompt.yaml")

MAX_CHARACTERS: Final = 1_000_000
MAX_FRONTMATTER: Final = 100_000


def read_prompt(text: str, *, path: str) -> Prompt:
    """Reads one prompt. `text` is the file's, line ends and byte-order mark included.

    `path` decides how it is read and is what messages name. Raises `InputError` with everything
    that is wrong with the file; its template is compiled, and judged, by the renderer.
    """
    _demand_known_format(path)
    _demand_size(text, MAX_CHARACTERS, "prompt file", path)
    parts = split_frontmatter(text, path=path, required=path.lower().endswith(NATIVE))
    _demand_size(parts.frontmatter or "", MAX_FRONTMATTER, "frontmatter", path)
    reader = _Reader(parts, path)
    prompt = reader.prompt(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    if reader.findings:
        raise InputError(reader.findings)
    return prompt


def default_name(path: str) -> str:
    """The name of a prompt that gives itself none: the file's, without its suffix."""
    name = PurePosixPath(path).name
    if name.lower().endswith(NATIVE):
        return name[: -len(NATIVE)]
    return PurePosixPath(name).stem


def _demand_known_format(path: str) -> None:
    lower = path.lower()
    if lower.endswith(PLAIN):
        return
    if lower.endswith(FOREIGN):
        rule, message = "not-supported-yet", "prompt files of this format are not supported yet"
        fix = f"write it as *{NATIVE}"
    else:
        rule, message = "unknown-format", "this is not the name of a prompt file"
        fix = f"prompts are *{NATIVE}, or plain {', '.join(PLAIN)} files"
    raise InputError([Finding(rule=rule, message=message, location=Location(path=path), fix=fix)])


def _demand_size(text: str, limit: int, what: str, path: str) -> None:
    if len(text) > limit:
        message = f"the {what} has {len(text):,} characters; the limit is {limit:,}"
        fix = "move long texts into variables, or into files that the template includes"
        place = Location(path=path)
        raise InputError([Finding(rule="too-large", message=message, location=place, fix=fix)])


class _Reader:
    def __init__(self, parts: Parts, path: str) -> None:
        self.findings: list[Finding] = []
        self._parts = parts
        self._path = path

    def prompt(self, sha256: str) -> Prompt:
        """The prompt, as far as it could be read; complete only when there are no findings."""
        meta, declared, output = PromptMeta(), DeclaredInputs(), None
        name: Json = None
        tools: tuple[Tool, ...] = ()
        document = self._document()
        if document is not None:
            data = self._valid_part(document)
            meta, name = read_meta(data), data.get("name")
            declared = read_inputs(document, _mapping(data.get("input")), self.findings.append)
            output = read_output(document, _mapping(data.get("output")), self.findings.append)
            tools = read_tools(document, data.get("tools"), self.findings.append)
        return Prompt(
            name=name if isinstance(name, str) else default_name(self._path),
            meta=meta,
            body=self._parts.body,
            body_line=self._parts.body_line,
            inputs=declared.inputs,
            defaults=declared.defaults,
            output_schema=output,
            takes_user_input=self._takes_user_input(),
            sha256=sha256,
            location=Location(path=self._path),
            tools=tools,
            models_location=document.at(("model",)) if document and meta.models else None,
        )

    def _document(self) -> Document | None:
        """The frontmatter; None when there is none, or none that can be parsed."""
        text, line = self._parts.frontmatter, self._parts.frontmatter_line
        if text is None:
            return None
        try:
            document = parse_yaml(text, path=self._path, first_line=line)
        except InputError as error:
            self.findings.extend(error.findings)
            return None
        return replace(document, data={}) if document.data is None else document

    def _valid_part(self, document: Document) -> JsonObject:
        """The data without whatever is refused; every refusal is a finding.

        Keys that are the author's own, `x-…` and those with a dot, are not looked at.
        """
        written = _mapping(document.data)
        own = {k: v for k, v in written.items() if k.startswith("x-") or "." in k}
        ours: Json = {k: v for k, v in written.items() if k not in own}
        data = ours if own else document.data
        for problem in problems(replace(document, data=data), "prompt"):
            self.findings.append(problem.finding)
            if not problem.absent:
                data = without(data, problem.route)
        accepted = _mapping(data)
        self._check_between_keys(document, accepted, own)
        return accepted | own

    def _check_between_keys(
        self, document: Document, accepted: JsonObject, own: JsonObject
    ) -> None:
        """What a schema cannot say."""

        def add(rule: str, route: Route, message: str, fix: str) -> None:
            place = document.key_at(route)
            self.findings.append(Finding(rule=rule, message=message, location=place, fix=fix))

        for key in own:
            first, _, rest = key.partition(".")
            if first in _mapping(schema("prompt")["properties"]):
                fix = f"write {first}: {{{rest}: …}}"
                add("dotted-key", (key,), f"{key!r} has to be nested", fix)
        if "author" in accepted and "authors" in accepted:
            message = "'authors' is another name for 'author'"
            add("conflict", ("authors",), message, "keep one of the two")
        for route, number in _not_finite(accepted | own, ()):
            message = f"{str(route[-1])!r} must be a finite number, not {number}"
            add("bad-value", route, message, "write a number")
        for key, fix in misplaced_settings(_mapping(accepted.get("config"))):
            message = f"{key!r} is not a setting that a prompt may pass on"
            add("misplaced-setting", ("config", key), message, fix)

    def _takes_user_input(self) -> bool:
        layout = layout_of(self._parts.body)
        first = self._parts.body_line
        if not self._parts.body.strip():
            fix = "write the prompt below the second '---'" if first > 1 else "write the prompt"
            self._add_at(max(first - 1, 1), "empty-body", "the prompt has no text", fix)
        if layout.unclosed_fence is not None:
            message = "this code fence is never closed, so the role line in it opens nothing"
            fix = "close the fence with a line of the same marks"
            self._add_at(first + layout.unclosed_fence, "unclosed-fence", message, fix)
        return all(found.role != "user" for found in layout.roles)

    def _add_at(self, line: int, rule: str, message: str, fix: str) -> None:
        place = Location(path=self._path, line=line)
        self.findings.append(Finding(rule=rule, message=message, location=place, fix=fix))


def _not_finite(value: Json, route: Route) -> Iterator[tuple[Route, float]]:
    """The numbers in the data that YAML knows and JSON does not."""
    if isinstance(value, float) and not math.isfinite(value):
        yield route, value
    parts = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    for step, part in (*parts, *items):
        yield from _not_finite(part, (*route, step))


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
