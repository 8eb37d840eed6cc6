"""What a model is told in each turn of a case: its prompt, rendered, and what the user says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentops_cli.errors import InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import Case
from agentops_cli.prompt.render import Renderer

Report = Callable[[Finding], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the user gives for one request; `named` is how a message calls it."""

    input: str | None
    vars: Mapping[str, Json]
    location: Location
    named: str


def said_in(case: Case) -> tuple[Said, ...]:
    """What is said turn by turn, or once where a case has no turns."""
    named = f"case {case.id!r}"
    if not case.turns:
        return (Said(input=case.input, vars=case.vars, location=case.location, named=named),)
    return tuple(
        Said(
            input=turn.input,
            vars={**case.vars, **turn.vars},
            location=turn.location,
            named=f"turn {number} of {named}",
        )
        for number, turn in enumerate(case.turns, start=1)
    )


def messages_of(
    case: Case, renderer: Renderer | None, report: Report
) -> tuple[tuple[Message, ...], ...]:
    """The messages of each request of a case, without the history of the turns before it.

    Without a prompt they are what the case itself says. What keeps a turn from being asked is
    reported, and then its messages are none; so are those of a case that is skipped.
    """
    said = said_in(case)
    if case.skip is not None:
        return ((),) * len(said)
    if renderer is None:
        return tuple(case.messages or _users(one.input) for one in said)
    speaker = _Speaker(case, renderer, report)
    return tuple(speaker.messages(one) for one in said)


def _users(text: str | None) -> tuple[Message, ...]:
    return () if text is None else (Message(role="user", content=text),)


class _Speaker:
    """Renders the prompt of one case, turn by turn."""

    def __init__(self, case: Case, renderer: Renderer, report: Report) -> None:
        self._case = case
        self._renderer = renderer
        self._report = report
        self._told: set[tuple[str, str]] = set()

    def messages(self, said: Said) -> tuple[Message, ...]:
        """The messages of one request; none after its mistakes have been reported."""
        transcript = self._case.messages
        if transcript and not self._renderer.prompt.takes_user_input:
            problem = "the prompt has a 'user:' line of its own, so it takes no 'messages'"
            self._add(said, "conflict", problem, "give 'input' or 'vars' instead")
            return ()
        given = self._given(said)
        wrong = self._renderer.check(given)
        for item in wrong:
            self._add_once(item.rule, item.message, said, item.fix)
        if wrong:
            return ()
        try:
            rendered = self._renderer.render(given, user_input=None if transcript else said.input)
        except InputError as error:
            for finding in error.findings:
                self._report(finding)
            return ()
        if self._case.turns and rendered[-1].role != "user":
            problem = f"the prompt ends with what the {rendered[-1].role} says, not the user"
            self._add(said, "no-user-message", problem, "let it end with a 'user:' line")
        return rendered + transcript

    def _given(self, said: Said) -> dict[str, Json]:
        """The variables of the template, `input` among them where it is one."""
        given = dict(said.vars)
        if self._case.messages:
            return given
        if self._renderer.prompt.takes_user_input:
            if said.input is None:
                problem = "there is no input, which is the prompt's user message"
                self._add(said, "missing-input", problem, "add 'input:'")
        elif said.input is not None:
            if "input" in given:
                problem = "'input' is given twice, as input and in vars"
                self._add(said, "bad-input", problem, "keep one of them")
            given["input"] = said.input
        return given

    def _add_once(self, rule: str, message: str, said: Said, fix: str | None) -> None:
        """Reports what is wrong in every turn at the first of them."""
        if (rule, message) not in self._told:
            self._told.add((rule, message))
            self._add(said, rule, message, fix)

    def _add(self, said: Said, rule: str, message: str, fix: str | None) -> None:
        text = f"{said.named}: {message}"
        self._report(Finding(rule=rule, message=text, location=said.location, fix=fix))
