"""An assertion that a function of the user's own decides."""

from collections.abc import Callable
from typing import TypeAlias, cast

from agentops_cli.assertions.arguments import arguments
from agentops_cli.assertions.calls import NotArguments, arguments_of
from agentops_cli.assertions.excerpt import opening, shown
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.model.tool import ToolCall
from agentops_cli.ports import Assertion, UserFunction

FindFunction: TypeAlias = Callable[[AssertionSpec], UserFunction]
"""Gives the function that a spec names; raises `InputError` when it cannot be had."""

_KEYS = frozenset({"passed", "score", "reason"})


def _find_none(spec: AssertionSpec) -> UserFunction:
    raise bad_argument(spec, "there is nothing to run a script with", fix="run agentops eval")


class Script:
    """A Python function of yours says whether the answer is right.

    *What it checks*

    `value` is `file.py:function`, the file relative to the suite. The function is called as
    `function(answer, context)`: the text, and a dict with `input`, `vars`, `row`, `args` (those of
    the assertion), `messages`, `toolCalls`, `usage`, `costUsd`, `latencyS`, `finish`, `trace`,
    `failure`, `caseId`, `tags`, `model`, `repeat` and `turn`. It returns true or false; or a score
    from 0 to 1, of which `threshold` is enough; or `{passed, score, reason}`. Anything else, an
    exception and a call of more than ten seconds are no verdict: the trial is errored.

    It runs in a process of its own, and may import what lies beside it, beside the suite, in the
    project's root, and what is installed. It needs `allowScripts: true` in the configuration,
    because whoever can change a suite can then run code.

    *Why it matters*

    What a good answer is, is sometimes known to a program only: the SQL runs, the sum is right.

    *Example*

    ```yaml
    assert:
      - script: checks.py:adds_up
      - {kind: script, value: checks.py:politeness, args: {language: de}, threshold: 0.8}
    ```

    *Fix*

    Let the function say why: `{"passed": False, "reason": "the sum is 41"}`. After an exception the
    reason names the line of your file.
    """

    schema = arguments(
        "value",
        value={
            "type": "string",
            "pattern": r"^[^:]*[^:/]\.py:[^\W\d]\w*$",
            "description": "a Python file, relative to the suite, and a function in it, such as"
            " checks.py:is_polite",
        },
        args={
            "type": "object",
            "description": "what the function finds under context['args'], such as {least: 3}",
        },
        threshold={
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "description": "the score that is enough, above 0 to 1",
        },
    )

    def __init__(self, spec: AssertionSpec, /, *, find: FindFunction = _find_none) -> None:
        self._name = cast("str", spec.args["value"])
        self._args = spec.args.get("args", {})
        self._threshold = cast("float | None", spec.args.get("threshold"))
        self._function = find(spec)

    def check(self, evidence: Evidence) -> Verdict:
        """What the function says; raises `CannotTell` when that is no verdict."""
        text = evidence.completion.text
        said = self._function(text, {**context_of(evidence), "args": self._args})
        if isinstance(said, bool):
            return judged(self._reason(said, f"of {opening(text)}"), passed=said)
        if isinstance(said, int | float):
            return self._scored(said, said)
        if isinstance(said, dict) and said and set(said) <= _KEYS:
            return self._told(said)
        wanted = "true or false, a score from 0 to 1, or {passed, score, reason}"
        raise CannotTell(f"{self._reason(said)}, which is not {wanted}")

    def _told(self, said: JsonObject) -> Verdict:
        passed, reason = said.get("passed"), said.get("reason")
        if not isinstance(passed, bool | None) or not isinstance(reason, str | None):
            problem = "'passed' must be true or false, 'reason' text"
            raise CannotTell(f"{self._reason(said)}: {problem}")
        if "score" in said and said["score"] is not None:
            return self._scored(said["score"], said, passed=passed)
        if passed is None:
            raise CannotTell(f"{self._reason(said)}, which says neither yes nor no")
        return judged(reason or self._reason(said), passed=passed)

    def _scored(self, score: Json, said: Json, *, passed: bool | None = None) -> Verdict:
        """The verdict of a score; beside a `passed`, both have to be good enough."""
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise CannotTell(f"{self._reason(said)}: a score is a number from 0 to 1")
        if self._threshold is None and passed is None:
            raise CannotTell(f"{self._reason(said)}, and no threshold says what is enough")
        enough = self._threshold is None or score >= self._threshold
        told = said.get("reason") if isinstance(said, dict) else None
        reason = str(told) if told else self._reason(said)
        if self._threshold is not None:
            reason = f"{reason} (score {score:g}, wanted at least {self._threshold:g})"
        return judged(reason, passed=enough and passed is not False, score=score)

    def _reason(self, said: Json, *more: str) -> str:
        return " ".join((self._name, "returned", shown(said), *more))


class ScriptKind:
    # The kind `script` where functions can be found; to its users it is that kind.
    __doc__ = Script.__doc__
    schema = Script.schema

    def __init__(self, find: FindFunction) -> None:
        self._find = find

    def __call__(self, spec: AssertionSpec, /) -> Assertion:
        """The assertion of a spec; raises `InputError` when its function cannot be had."""
        return Script(spec, find=self._find)


def context_of(evidence: Evidence) -> JsonObject:
    """All that a function may know of an answer, as JSON; the figures are null when unknown."""
    case, request, completion = evidence.case, evidence.request, evidence.completion
    usage, cost = completion.usage, completion.cost
    return {
        "input": case.input,
        "vars": dict(case.vars),
        "row": dict(case.row),
        "messages": [_message(message) for message in request.messages],
        "toolCalls": [_tool_call(call) for call in completion.tool_calls],
        "usage": {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}
        if usage
        else None,
        "costUsd": None if cost.unpriced_calls else f"{cost.usd:f}",
        "latencyS": completion.latency_s,
        "finish": completion.finish.value,
        "trace": completion.trace,
        "failure": completion.failure,
        "caseId": case.id,
        "tags": [*sorted(case.tags)],
        "model": request.model,
        "repeat": request.repeat,
        "turn": request.turn,
    }


def _message(message: Message) -> JsonObject:
    shape: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        shape["toolCalls"] = [_tool_call(call) for call in message.tool_calls]
    return shape


def _tool_call(call: ToolCall) -> JsonObject:
    """A call with its arguments as an object where they are one, else as the text that came."""
    try:
        meant: Json = arguments_of(call)
    except NotArguments:
        meant = call.arguments
    return {"id": call.id, "name": call.name, "arguments": meant}
