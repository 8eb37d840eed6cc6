"""A prompt of a foreign format as `agentops eval` runs it: in Jinja, its messages marked.

What cannot be said exactly in ours is a finding, with its line, and no prompt comes of it.
"""

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from agentops_cli.errors import InputError
from agentops_cli.locate import Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Prompt, PromptMeta, Role
from agentops_cli.prompt.foreign import jinja
from agentops_cli.prompt.foreign.handlebars import of_handlebars
from agentops_cli.prompt.foreign.jinja import NoEqualError
from agentops_cli.prompt.foreign.prompty import role_lines
from agentops_cli.prompt.foreign.semantic_kernel import DEFAULT_FORMAT, left_over
from agentops_cli.prompt.foreign.sheet import at, items, mapping
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.interface import read_output
from agentops_cli.prompt.meta import SAMPLING_NAMES, misplaced_settings, read_meta
from agentops_cli.prompt.roles import mark_of
from agentops_cli.prompt.source import Kind, Passage, PromptFile
from agentops_cli.validate import problems

_FIX: Final = "write the prompt as *.prompt.md"
_PROVIDERS: Final[Mapping[str, str]] = {
    "azure_openai": "azure",
    "azure": "azure",
    "openai": "openai",
    "anthropic": "anthropic",
    "foundry": "azure_ai",
    "googleai": "gemini",
    "vertexai": "vertex_ai",
}
"""What Prompty and dotprompt call providers, and litellm's names for them."""

_SETTINGS: Final[Mapping[Kind, Route]] = {
    "github-models": ("modelParameters",),
    "llm-template": ("options",),
}
_CHECKED: Final = (*SAMPLING_NAMES, "model", "description", "tags", "author", "config")
_IMAGE: Final = re.compile(r"!\[[^\]\n]*\]\([^)\n]+\)")
_INNER: Final = re.compile(r"<(?:text|image|audio|binary|functioncall)\b", re.IGNORECASE)
_MEDIA: Final = ("thread", "image", "audio", "file")


def runnable(text: str, *, path: str) -> Prompt:
    """The prompt of a file of a foreign format. Raises `InputError` with all that is wrong."""
    file = read_file(text, path=path, is_declared=True)
    if file.problems:
        raise InputError(file.problems)
    return _Maker(file, text).prompt()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """A template whose messages are marked, and the line of the file of each of its lines."""

    text: str
    roles: frozenset[Role]
    lines: tuple[int, ...] = ()


class _Maker:
    def __init__(self, file: PromptFile, text: str) -> None:
        self._file = file
        self._text = text
        self._findings: list[Finding] = []

    def prompt(self) -> Prompt:
        """The prompt, if nothing is in its way."""
        file = self._file
        self._refuse_unsupported()
        meta, output = self._meta(), self._output()
        body = self._body()
        if self._findings:
            raise InputError(self._findings)
        assert body is not None  # noqa: S101 # Without one there is a finding.
        declared = file.kind in ("dotprompt", "prompty", "semantic-kernel")
        line = file.location(file.body.start).line if file.body else 1
        digest = hashlib.sha256(self._text.encode("utf-8", "surrogatepass")).hexdigest()
        return Prompt(
            name=file.name,
            meta=meta,
            body=body.text,
            body_line=line or 1,
            inputs=file.inputs if declared else None,
            defaults={**self._nothing(), **file.defaults},
            output_schema=output,
            takes_user_input="user" not in body.roles,
            sha256=digest,
            location=Location(path=file.path),
            models_location=file.location(file.value_at("model")) if meta.models else None,
            is_marked=True,
            lines=body.lines,
        )

    def _nothing(self) -> dict[str, Json]:
        """What stands for optional variables that are not given: other tools print nothing.

        Not for one that the template asks about, which would then be there.
        """
        file = self._file
        if file.kind not in ("prompty", "semantic-kernel"):
            return {}
        optional = (name for name, each in (file.inputs or {}).items() if not each.required)
        return {
            name: ""
            for name in optional
            if not re.search(rf"\b{re.escape(name)}\s*(?:\|\s*d(?:efault)?\b|is\s)", file.text)
        }

    # What the keys say

    def _refuse_unsupported(self) -> None:
        meta, file = self._file.meta, self._file
        if meta.get("tools"):
            self._refuse("tools", "tools of this format are not supported yet", _FIX)
        if "base" in meta and file.kind == "prompty":
            self._refuse("base", "a prompt that is based on another is not supported yet", _FIX)
        for route, part in _parts(meta.get("inputs"), ("inputs",)):
            if part.get("kind") in _MEDIA:
                message = f"inputs of kind {part['kind']!r} are not supported yet"
                self._refuse_at(
                    self._file.value_at(*map(str, route[:1]), *route[1:]), message, _FIX
                )
        for key in ("fragments", "system_fragments", "attachments", "functions"):
            if file.kind == "llm-template" and meta.get(key):
                self._refuse(key, f"{key!r} of a template are not supported yet", _FIX)

    def _meta(self) -> PromptMeta:
        file, document = self._file, self._file.document
        data: JsonObject = {key: file.meta[key] for key in _CHECKED if key in file.meta}
        settings = (
            mapping(at(document.data, _SETTINGS[file.kind]))
            if (document and file.kind in _SETTINGS)
            else {}
        )
        if settings:
            data["config"] = settings
        for key, fix in misplaced_settings(mapping(data.get("config"))):
            message = f"{key!r} is not a setting that a prompt may pass on"
            self._add("misplaced-setting", file.value_at("config", key), message, fix)
        model = self._model()
        if model is None:
            data.pop("model", None)
        else:
            data["model"] = model
        if document is not None:
            for problem in problems(replace(document, data=data), "prompt"):
                if not problem.absent:
                    key = str(problem.route[0]) if problem.route else ""
                    where = file.location(file.value_at(key, *problem.route[1:]))
                    self._findings.append(replace(problem.finding, location=where))
                    data.pop(key, None)
        version = file.meta.get("version")
        return read_meta(data | ({"version": version} if isinstance(version, str) else {}))

    def _model(self) -> Json:
        """The id of the model as litellm has it; None where the environment decides."""
        file = self._file
        model = file.meta.get("model")
        if not isinstance(model, str) or "${" in model:
            return None if isinstance(model, str) else model
        section = mapping(file.document.data if file.document else None).get("model")
        given = mapping(section)
        kinds = (mapping(given.get(key)).get("type") for key in ("configuration", "connection"))
        provider = given.get("provider") or next((kind for kind in kinds if kind), None)
        if isinstance(provider, str) and provider in _PROVIDERS and "/" not in model:
            return f"{_PROVIDERS[provider]}/{model}"
        first, slash, rest = model.partition("/")
        if slash and file.kind == "dotprompt" and first in _PROVIDERS:
            return f"{_PROVIDERS[first]}/{rest}"
        return model

    def _output(self) -> JsonObject | None:
        file = self._file
        output = mapping(file.meta.get("output"))
        schema = output.get("schema")
        if schema is None or file.document is None:
            return None
        if file.kind == "dotprompt":
            return read_output(file.document, output, self._findings.append)
        return mapping(schema)

    # The template

    def _body(self) -> _Body | None:
        try:
            body = _BODIES[self._file.kind](self)
        except _RefusedError as error:
            self._findings.append(error.finding)
            return None
        if body is None:
            return None
        if not self._file.passages:
            self._add("no-message", 0, "the prompt has no message", "write one")
            return None
        return body

    def dotprompt(self) -> _Body:
        """Handlebars, whose first message is the user's."""
        start = self._file.body.start if self._file.body else 0
        text = self._converted(
            lambda source: of_handlebars(source, self._file.inputs),
            self._file.text[start:],
            lambda at: start + at,
        )
        # The body is stripped there: its first line, too, keeps no indent.
        lead = len(text) - len(text.lstrip())
        text = "\n" * text.count("\n", 0, lead) + text[lead:]
        return _Body(text=mark_of("user") + text, roles=_roles(self._file.passages))

    def prompty(self) -> _Body:
        """Jinja, with Prompty's role lines."""
        file = self._file
        start = file.body.start if file.body else 0
        if file.engine != "jinja2":
            raise self._refused(start, "templates in Mustache are not supported yet")
        image = _IMAGE.search(file.text, start)
        if image:
            raise self._refused(image.start(), "images in a prompt are not supported yet")
        pieces, at = [], start
        for role, begin, end in role_lines(file.text, start):
            # The line end stays, so that lines keep their numbers.
            is_last = end == len(file.text) and not file.text.endswith("\n")
            pieces += [file.text[at:begin], mark_of(role), "" if is_last else "\n"]
            at = end
        return _Body(text="".join((*pieces, file.text[at:])), roles=_roles(file.passages))

    def messages(self) -> _Body:
        """A list of messages, each a template of its own."""
        convert = {
            "placeholders": jinja.of_placeholders,
            "dollar": jinja.of_dollars,
            "jinja2": jinja.of_nunjucks,
        }[self._file.engine]
        self._refuse_parts()
        return self._joined(
            (passage, self._converted(convert, passage.text, passage.offset))
            for passage in self._file.passages
        )

    def kernel(self) -> _Body:
        """A template of Semantic Kernel, in its own language or in Jinja or Handlebars."""
        file = self._file
        language = str(file.meta.get("template_format", DEFAULT_FORMAT)).lower()
        template = str(file.meta.get("template", ""))
        convert: Callable[[str], str]
        if language == "semantic-kernel":
            convert = jinja.of_kernel
        else:
            start = file.value_at("template") if "template" in file.meta else 0
            raise self._refused(start, f"templates in {language} are not supported yet")
        left = left_over(template)
        has_tags = left is not None
        if left and left.strip():
            message = "text outside of <message> tags is not supported yet"
            raise self._refused(file.value_at("template"), message)

        def unescaped(source: str) -> str:
            inner = _INNER.search(source)
            if inner:
                raise NoEqualError(inner.start(), f"'{inner[0]}>' has no equal", _FIX)
            return convert(html.unescape(source) if has_tags else source)

        return self._joined(
            (passage, self._converted(unescaped, passage.text, passage.offset))
            for passage in file.passages
        )

    def _joined(self, parts: Iterator[tuple[Passage, str]]) -> _Body:
        texts: list[str] = []
        lines: list[int] = []
        for passage, converted in parts:
            texts.append(mark_of(passage.role or "user") + converted)
            begin = 0
            for line in passage.text.split("\n"):
                lines.append(self._file.location(passage.offset(begin)).line or 1)
                begin += len(line) + 1
        roles = _roles(self._file.passages)
        return _Body(text="\n".join(texts), roles=roles, lines=tuple(lines))

    def _refuse_parts(self) -> None:
        """Refuses messages of several parts, or of none that is text, and calls of tools."""
        document = self._file.document
        data = document.data if document else None
        base: Route = () if isinstance(data, list) else ("messages",)
        for index, message in enumerate(items(at(data, base))):
            content = mapping(message).get("content")
            is_plain = isinstance(content, str) or (
                isinstance(content, list)
                and len(content) == 1
                and isinstance(mapping(content[0]).get("text"), str)
            )
            if not is_plain and document is not None:
                place = document.at((*base, index))
                text = "messages that are not one text are not supported yet"
                self._findings.append(
                    Finding(rule="not-supported-yet", message=text, location=place, fix=_FIX)
                )

    def _converted(
        self, convert: Callable[[str], str], source: str, offset: Callable[[int], int]
    ) -> str:
        try:
            return convert(source)
        except NoEqualError as error:
            place = self._file.location(offset(error.at))
            raise _RefusedError(
                Finding(
                    rule="not-supported-yet", message=error.message, location=place, fix=error.fix
                )
            ) from error

    # Findings

    def _refused(self, offset: int, message: str) -> "_RefusedError":
        place = self._file.location(offset)
        return _RefusedError(
            Finding(rule="not-supported-yet", message=message, location=place, fix=_FIX)
        )

    def _refuse(self, key: str, message: str, fix: str) -> None:
        self._refuse_at(self._file.key_at(key), message, fix)

    def _refuse_at(self, offset: int, message: str, fix: str) -> None:
        self._add("not-supported-yet", offset, message, fix)

    def _add(self, rule: str, offset: int, message: str, fix: str) -> None:
        place = self._file.location(offset)
        self._findings.append(Finding(rule=rule, message=message, location=place, fix=fix))


class _RefusedError(Exception):
    """The template has no equal in ours."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


_BODIES: Final[Mapping[Kind, Callable[[_Maker], _Body | None]]] = {
    "dotprompt": _Maker.dotprompt,
    "prompty": _Maker.prompty,
    "github-models": _Maker.messages,
    "llm-template": _Maker.messages,
    "promptfoo": _Maker.messages,
    "semantic-kernel": _Maker.kernel,
}


def _roles(passages: tuple[Passage, ...]) -> frozenset[Role]:
    return frozenset(passage.role or "user" for passage in passages)


def _parts(value: Json, route: Route) -> Iterator[tuple[Route, JsonObject]]:
    yield from (((*route, index), mapping(item)) for index, item in enumerate(items(value)))
    yield from (((*route, name), mapping(item)) for name, item in mapping(value).items())
