"""A prompt and a case's variables to the messages of a request."""

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from agentops_cli.errors import InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Prompt
from agentops_cli.prompt.includes import Includes
from agentops_cli.prompt.inputs import (
    InputProblem,
    Reads,
    check_inputs,
    implied_input,
    values_when_absent,
)
from agentops_cli.prompt.roles import (
    MARK_NAME,
    LostMarkError,
    line_of_name,
    mark_roles,
    split_messages,
)
from agentops_cli.template import Limits, TemplateError, Templates
from agentops_cli.template.suggest import did_you_mean

if TYPE_CHECKING:
    from agentops_cli.ports import Source  # As in `includes`.


def random_mark() -> str:
    """A text that nobody can guess; of digits, which filters such as `upper` leave alone."""
    return f"[{int.from_bytes(os.urandom(16))}]"  # As `secrets`, which imports all of HMAC.


class Renderer:
    """One prompt, compiled once, for any number of cases.

    `clock` is monotonic, in seconds, and only keeps the time limit. `source` is the tree of files
    that the template may include from. `new_mark` gives the secret by which the role lines of one
    rendering are told from text that looks like them. Raises `InputError` when the template
    cannot be compiled, or reads what the prompt does not declare.
    """

    def __init__(
        self,
        prompt: Prompt,
        *,
        clock: Callable[[], float],
        source: "Source | None" = None,
        limits: Limits | None = None,
        new_mark: Callable[[], str] = random_mark,
    ) -> None:
        self.prompt: Final = prompt
        self._new_mark = new_mark
        self._includes = Includes(source, prompt.location.path) if source else None
        loader = self._includes.load if self._includes else None
        templates = Templates(clock=clock, limits=limits, loader=loader)
        try:
            body = prompt.body if prompt.is_marked else mark_roles(prompt.body)
            self._template = templates.compile(body)
        except TemplateError as error:
            raise InputError([self._finding(error)]) from error
        self._reads = Reads(
            variables=self._template.variables - {MARK_NAME},
            optional=self._template.optional - {MARK_NAME},
        )
        self._when_absent = values_when_absent(prompt, self._reads)
        if undeclared := self._undeclared():
            raise InputError(undeclared)

    @property
    def variables(self) -> frozenset[str]:
        """The names that the template, or what it includes, reads."""
        return self._reads.variables

    def check(self, given: Mapping[str, Json]) -> tuple[InputProblem, ...]:
        """What is wrong with a case's variables; empty when it can be rendered."""
        return check_inputs(self.prompt, given, reads=self._reads)

    def render(
        self, given: Mapping[str, Json], *, user_input: str | None = None
    ) -> tuple[Message, ...]:
        """The messages, of which only role lines of the source open one, never text in `given`.

        Defaults are filled in. `user_input` becomes the last user message, letter by letter, where
        the prompt takes it so. Raises `InputError`, placed in the prompt, when a step of the
        template fails or no message has any text.
        """
        messages = self._rendered(given) if self.variables else self._constant
        if self.prompt.takes_user_input and user_input is not None:
            messages += (Message(role="user", content=user_input),)
        if not messages:
            message = "the prompt renders to no message at all"
            fix = "write text that does not depend on a condition"
            raise InputError([self._in_body("no-message", 1, message, fix)])
        return messages

    @cached_property
    def _constant(self) -> tuple[Message, ...]:
        """What a template that reads nothing renders to, whatever is given."""
        return self._rendered({})

    def _rendered(self, given: Mapping[str, Json]) -> tuple[Message, ...]:
        mark = self._new_mark()
        try:
            rendered = self._template.render({**self._when_absent, **given, MARK_NAME: mark})
            return split_messages(rendered, mark=mark)
        except TemplateError as error:
            raise InputError([self._finding(error)]) from error
        except LostMarkError as error:
            message = "a filter changes a role line into something else"
            fix = "move the role lines out of 'set' and 'filter' blocks"
            raise InputError([self._in_body("bad-template", 1, message, fix)]) from error

    def _undeclared(self) -> list[Finding]:
        """The variables that the template reads though the prompt's schema lacks them."""
        if self.prompt.inputs is None:
            return []
        unknown = self.variables.difference(
            self.prompt.inputs, implied_input(self.prompt, self._reads)
        )
        unused = self.prompt.inputs.keys() - self.variables
        findings = []
        for name in sorted(unknown):
            fix = did_you_mean(name, unused) or f"declare it: input: {{schema: {{{name}: string}}}}"
            if name == "input":
                fix = "put a line 'user:' before it: only then 'input' is a variable"
            message = f"the template uses {name!r}, which input.schema does not declare"
            line = line_of_name(self.prompt.body, name) or 1
            findings.append(self._in_body("undeclared-variable", line, message, fix))
        return findings

    def _finding(self, error: TemplateError) -> Finding:
        message, fix = error.message, error.fix
        if MARK_NAME in message:
            message = "a role line in an imported template needs the context"
            fix = "write {% import … with context %}"
        if error.name is not None and self._includes:
            place = Location(path=self._includes.path_of(error.name), line=error.line)
            return Finding(rule="bad-template", message=message, location=place, fix=fix)
        return self._in_body("bad-template", error.line or 1, message, fix)

    def _in_body(self, rule: str, line: int, message: str, fix: str | None) -> Finding:
        lines = self.prompt.lines
        at = lines[min(line, len(lines)) - 1] if lines else self.prompt.body_line + line - 1
        place = Location(path=self.prompt.location.path, line=at)
        return Finding(rule=rule, message=message, location=place, fix=fix)
