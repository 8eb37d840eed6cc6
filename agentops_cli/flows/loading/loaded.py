"""A prompt as an application has it: a name, a version, and messages for a client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from agentops_cli.errors import AgentopsError, InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import Sampling
from agentops_cli.prompt.inputs import InputProblem
from agentops_cli.prompt.render import Renderer


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPrompt:
    """One version of a prompt; `model` and `sampling` are what it asks for.

    `sampling` holds what it sets, by the names of the clients of OpenAI and litellm. `sha256` is of
    the file, of which what it includes is no part.
    """

    name: str
    version: str | None
    model: str | None
    sampling: Mapping[str, Json]
    sha256: str
    _renderer: Renderer = field(repr=False, compare=False)

    @classmethod
    def of(cls, renderer: Renderer) -> "LoadedPrompt":
        """The prompt that a renderer renders."""
        prompt = renderer.prompt
        return cls(
            name=prompt.name,
            version=prompt.meta.version,
            model=prompt.meta.model,
            sampling=MappingProxyType(_arguments(prompt.meta.sampling)),
            sha256=prompt.sha256,
            _renderer=renderer,
        )

    def render(self, /, **given: Json) -> list[dict[str, str]]:
        """The messages, each a `role` and a `content`, made anew at every call.

        Text in `given` opens no message, whatever it looks like. Where the prompt has no line
        `user:`, an `input` becomes the user message, letter by letter; without one the messages are
        those of the prompt. Raises `InputError` with all that is missing, unknown or of another
        type than the prompt declares, and where a step of its template fails.
        """
        with fixes_noted():
            said = given.pop("input", None) if self._renderer.prompt.takes_user_input else None
            if said is not None and not isinstance(said, str):
                raise InputError([self._finding("wrong-type", "'input' must be text", None)])
            if wrong := self._renderer.check(given):
                raise InputError(
                    self._finding(each.rule, each.message, _fix(each)) for each in wrong
                )
            messages = self._renderer.render(given, user_input=said)
        return [{"role": message.role, "content": message.content} for message in messages]

    def _finding(self, rule: str, message: str, fix: str | None) -> Finding:
        return Finding(rule=rule, message=message, location=self._renderer.prompt.location, fix=fix)


def _arguments(sampling: Sampling) -> JsonObject:
    """The settings as arguments of a client; what the prompt itself says beats `extra`."""
    limit = {} if sampling.max_tokens is None else {"max_tokens": sampling.max_tokens}
    return {**sampling.extra, **limit, **sampling.named}


@contextmanager
def fixes_noted() -> Iterator[None]:
    """Notes on an error what mends it, so that it stands below the traceback."""
    try:
        yield
    except InputError as error:
        for finding in error.findings:
            fix = f"\n  fix: {finding.fix}" if finding.fix else ""
            error.add_note(f"{finding.location}: {finding.message}{fix}")
        raise
    except AgentopsError as error:
        if error.fix:
            error.add_note(f"fix: {error.fix}")
        raise


def _fix(problem: InputProblem) -> str | None:
    """What to do about a variable; the reader's own words are about the cases of a suite."""
    is_hint = problem.fix is not None and problem.fix.startswith("did you mean")
    if problem.rule == "missing-variable" and not is_hint:
        return f"give it: render({problem.name}=…)"
    return problem.fix
