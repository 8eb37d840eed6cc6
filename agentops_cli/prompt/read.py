"""Text of a prompt file to a `Prompt`, with every mistake found.

Three kinds are read: `*.prompt.md`, whose frontmatter is required; plain `.md`, `.txt` and `.j2`
files, which are prompts as they are, and whose frontmatter is read like the other's; and formats
that others have made, in `foreign`.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from agentops_cli.errors import InputError
from agentops_cli.locate import Document, Route, parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Prompt
from agentops_cli.prompt.frontmatter import Parts, split_frontmatter
from agentops_cli.prompt.interface import DeclaredInputs, read_inputs, read_output
from agentops_cli.prompt.meta import misplaced_settings, read_meta
from agentops_cli.prompt.roles import Layout, layout_of
from agentops_cli.validate import Problem, problems, schema, without

if TYPE_CHECKING:
    from agentops_cli.model.tool import Tool

NATIVE: Final = ".prompt.md"
PLAIN: Final = (".md", ".txt", ".j2")
FOREIGN: Final = (".prompt", ".prompty", ".prompt.yml", ".prompt.yaml")
OF_FOLDER: Final = ("skprompt.txt", "config.json")
STRUCTURED: Final = (".yaml", ".yml", ".json")

MAX_CHARACTERS: Final = 1_000_000
MAX_FRONTMATTER: Final = 100_000


def read_prompt(text: str, *, path: str) -> Prompt:
    """Reads one prompt. `text` is the file's, line ends and byte-order mark included.

    `path` decides how it is read and is what messages name. Raises `InputError` with everything
    that is wrong with the file; its template is compiled, and judged, by the renderer.
    """
    _demand_known_format(path, text)
    _demand_size(text, MAX_CHARACTERS, "prompt file", path)
    if not path.lower().endswith(PLAIN):
        from agentops_cli.prompt.foreign.runnable import runnable  # Few projects have any.

        return runnable(text, path=path)
    parts = split_frontmatter(text, path=path, required=path.lower().endswith(NATIVE))
    _demand_size(parts.frontmatter or "", MAX_FRONTMATTER, "frontmatter", path)
    reading = examine(parts, path=path)
    if reading.problems:
        raise InputError(problem.finding for problem in reading.problems)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return _prompt(reading, parts, path=path, sha256=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a prompt says, as far as it could be read; complete only when there are no problems.

    `document` is None when there is no frontmatter, or none that can be parsed. `data` is the part
    of it that is accepted.
    """

    document: Document | None
    data: JsonObject
    declared: DeclaredInputs
    output: JsonObject | None
    tools: "tuple[Tool, ...]"
    layout: Layout
    problems: tuple[Problem, ...]


def examine(parts: Parts, *, path: str, loosely: bool = False) -> Reading:
    """Reads the parts of a prompt and collects what is wrong with them; never fails.

    `loosely` is for a reader that goes on: frontmatter that is not YAML is read key by key.
    """
    return _Reader(parts, path, loosely=loosely).reading()


def default_name(path: str) -> str:
    """The name of a prompt that gives itself none: the file's, without its suffix.

    The files of a folder of Semantic Kernel are called by the folder.
    """
    above, _, name = path.rpartition("/")
    lower = name.lower()
    if above and lower in OF_FOLDER:
        return above.rpartition("/")[2]
    for ending in (NATIVE, *FOREIGN):
        if lower.endswith(ending):
            return name[: -len(ending)]
    return PurePosixPath(name).stem


def _demand_known_format(path: str, text: str) -> None:
    lower = path.lower()
    if lower.endswith((*PLAIN, *FOREIGN)) or (
        lower.endswith(STRUCTURED) and _structured(path, text)
    ):
        return
    message = "this is not the name of a prompt file"
    if lower.endswith(STRUCTURED):
        message = "this is no prompt of a format that is known"
    fix = f"prompts are *{NATIVE}, {', '.join(FOREIGN)}, or plain {', '.join(PLAIN)} files"
    place = Location(path=path)
    raise InputError([Finding(rule="unknown-format", message=message, location=place, fix=fix)])


def _structured(path: str, text: str) -> bool:
    from agentops_cli.prompt.kinds import kind_of  # As above.

    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return kind_of(path, plain, is_declared=True) != "plain"


def too_large(text: str, limit: int, what: str, path: str) -> Finding | None:
    """Whether a text has more characters than are read."""
    if len(text) <= limit:
        return None
    return Finding(
        rule="too-large",
        message=f"the {what} has {len(text):,} characters; the limit is {limit:,}",
        location=Location(path=path),
        fix="move long texts into variables, or into files that the template includes",
    )


def _demand_size(text: str, limit: int, what: str, path: str) -> None:
    if finding := too_large(text, limit, what, path):
        raise InputError([finding])


def _prompt(reading: Reading, parts: Parts, *, path: str, sha256: str) -> Prompt:
    meta, name = read_meta(reading.data), reading.data.get("name")
    document = reading.document
    return Prompt(
        name=name if isinstance(name, str) else default_name(path),
        meta=meta,
        body=parts.body,
        body_line=parts.body_line,
        inputs=reading.declared.inputs,
        defaults=reading.declared.defaults,
        output_schema=reading.output,
        takes_user_input=all(found.role != "user" for found in reading.layout.roles),
        sha256=sha256,
        location=Location(path=path),
        tools=reading.tools,
        models_location=document.at(("model",)) if document and meta.models else None,
    )


class _Reader:
    def __init__(self, parts: Parts, path: str, *, loosely: bool) -> None:
        self._problems: list[Problem] = []
        self._parts = parts
        self._path = path
        self._loosely = loosely
        self._texts: frozenset[Route] = frozenset()

    def reading(self) -> Reading:
        """Everything that can be told of the two parts."""
        data: JsonObject = {}
        declared, output = DeclaredInputs(), None
        tools: tuple[Tool, ...] = ()
        document = self._document()
        if document is not None:
            data = self._valid_part(document)
            declared = read_inputs(document, _mapping(data.get("input")), self._report)
            output = read_output(document, _mapping(data.get("output")), self._report)
            if "tools" in data:
                from agentops_cli.prompt.tools import read_tools  # Most prompts have none.

                tools = read_tools(document, data["tools"], self._report)
        layout = layout_of(self._parts.body)
        for finding in layout_problems(self._parts, layout, self._path):
            self._report(finding)
        return Reading(
            document=document,
            data=data,
            declared=declared,
            output=output,
            tools=tools,
            layout=layout,
            problems=tuple(self._problems),
        )

    def _document(self) -> Document | None:
        """The frontmatter; None when there is none, or none that can be parsed."""
        text, line = self._parts.frontmatter, self._parts.frontmatter_line
        if text is None:
            return None
        document: Document | None = None
        try:
            if self._loosely:
                from agentops_cli.prompt.loose import read_loosely  # No run and no application.

                loose = read_loosely(text, path=self._path, first_line=line)
                document, findings, self._texts = loose.document, loose.findings, loose.texts
            else:
                document, findings = parse_yaml(text, path=self._path, first_line=line), ()
        except InputError as error:
            findings = error.findings
        for finding in findings:
            self._report(finding)
        if document is None or document.data is not None:
            return document
        return None if findings else replace(document, data={})

    def _valid_part(self, document: Document) -> JsonObject:
        """The data without whatever is refused; every refusal is a problem.

        Keys that are the author's own, `x-…` and those with a dot, are not looked at.
        """
        written = _mapping(document.data)
        names = "\n".join(written)
        own: JsonObject = {}
        if "x-" in names or "." in names:  # As hardly ever.
            own = {k: v for k, v in written.items() if k.startswith("x-") or "." in k}
        data = document.data
        if own:
            data = {k: v for k, v in written.items() if k not in own}
            document = replace(document, data=data)
        for problem in problems(document, "prompt"):
            if problem.route[:1] not in self._texts or problem.finding.rule == "unknown-key":
                self._problems.append(problem)
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
            self._report(Finding(rule=rule, message=message, location=place, fix=fix))

        for key in own:
            first, _, rest = key.partition(".")
            if first in _mapping(schema("prompt")["properties"]):
                fix = f"write {first}: {{{rest}: …}}"
                add("dotted-key", (key,), f"{key!r} has to be nested", fix)
        if "author" in accepted and "authors" in accepted:
            message = "'authors' is another name for 'author'"
            add("conflict", ("authors",), message, "keep one of the two")
        if not document.all_finite:
            for route, number in _not_finite(accepted | own, ()):
                message = f"{str(route[-1])!r} must be a finite number, not {number}"
                add("bad-value", route, message, "write a number")
        for key, fix in misplaced_settings(_mapping(accepted.get("config"))):
            message = f"{key!r} is not a setting that a prompt may pass on"
            add("misplaced-setting", ("config", key), message, fix)

    def _report(self, finding: Finding) -> None:
        self._problems.append(Problem(route=(), finding=finding))


def layout_problems(parts: Parts, layout: Layout, path: str) -> Iterator[Finding]:
    """What is wrong with a body before its template is looked at."""
    first = parts.body_line
    if not parts.body.strip():
        yield Finding(
            rule="empty-body",
            message="the prompt has no text",
            location=Location(path=path, line=max(first - 1, 1)),
            fix="write the prompt below the second '---'" if first > 1 else "write the prompt",
        )
    if layout.unclosed_fence is not None:
        yield Finding(
            rule="unclosed-fence",
            message="this code fence is never closed, so the role line in it opens nothing",
            location=Location(path=path, line=first + layout.unclosed_fence),
            fix="close the fence with a line of the same marks",
        )


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
