"""Reads what agents give, in the forms that are common among them."""

import json
from collections.abc import Iterator

from agentops_cli.assertions.json_path import Path, read_path
from agentops_cli.gateways.agents.figures import DOLLARS, TOKENS, figure_at, kind_and_value
from agentops_cli.gateways.agents.reply import Reply, ReplyError
from agentops_cli.gateways.chat_format import printable
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Usage
from agentops_cli.model.settings import AgentSettings, CommandAgent, PythonAgent
from agentops_cli.model.tool import ToolCall

# As agents and the clients of OpenAI, Anthropic and others call them.
_NAMES = ("name", "tool", "toolName", "tool_name")
_ARGUMENTS = ("args", "arguments", "input", "parameters")
_USAGE = (
    ("input", "output"),
    ("inputTokens", "outputTokens"),
    ("input_tokens", "output_tokens"),
    ("prompt_tokens", "completion_tokens"),
)
_FIX_OF_ZERO = "let it report what it used, or its dollars: usage: {usd: $.path}"


def paths_in(agent: AgentSettings) -> Iterator[tuple[tuple[str, str], str]]:
    """Every JSON path of an agent, with the keys that lead to it."""
    how = agent.how
    if not isinstance(how, PythonAgent):
        kind = "command" if isinstance(how, CommandAgent) else "http"
        for key, path in (
            ("answer", how.answer),
            ("toolCalls", how.tool_calls),
            ("trace", how.trace),
        ):
            if path is not None:
                yield (kind, key), path
    usage = agent.usage
    if usage is not None:
        for key, path in (("input", usage.input), ("output", usage.output), ("usd", usage.usd)):
            if path is not None:
                yield ("usage", key), path


class Reader:
    """Reads the replies of one server or program; raises `BadPath` for a path that is none.

    Without a path of the answer the reply is the answer. With one the reply is JSON, and answer,
    tool calls and what was used must be where the paths lead: what is missing there is a mistake in
    the settings or the agent, and never an answer without tools, or one for nothing.
    """

    def __init__(self, agent: AgentSettings) -> None:
        paths = {key: read_path(path) for (_, key), path in paths_in(agent)}
        self._answer = paths.get("answer")
        self._tool_calls = paths.get("toolCalls")
        self._trace = paths.get("trace")
        self._usage = (paths.get("input"), paths.get("output"))
        self._usd = paths.get("usd")

    def read(self, content: str) -> Reply:
        """The reply of an agent that did not fail; raises `ReplyError`."""
        if not content.strip():
            raise ReplyError("gave an empty reply")
        if self._answer is None:
            return Reply(text=printable(content))
        reply = _parsed(content)
        return Reply(
            text=_text(reply, self._answer),
            tool_calls=None if self._tool_calls is None else _calls(reply, self._tool_calls),
            usage=self._usage_in(reply),
            usd=figure_at(reply, self._usd, DOLLARS),
            trace=_first(reply, self._trace),
        )

    def read_failed(self, content: str, *, failure: str) -> Reply:
        """What an agent gave all the same, as far as it can be read.

        It need not say what it used; raises `ReplyError` where what it says cannot be true.
        """
        reply: Json = None
        text, calls = printable(content), None
        if self._answer is not None:
            try:
                reply = _parsed(content)
                text = _text(reply, self._answer)
                calls = _calls(reply, self._tool_calls) if self._tool_calls else None
            except ReplyError:
                pass  # That it failed is told; the content stands for whatever is missing.
        return Reply(
            text=text,
            tool_calls=calls,
            usage=self._usage_in(reply, failed=True),
            usd=figure_at(reply, self._usd, DOLLARS, failed=True),
            trace=_first(reply, self._trace),
            failure=failure,
        )

    def _usage_in(self, reply: Json, *, failed: bool = False) -> Usage | None:
        given, made = (figure_at(reply, path, TOKENS, failed=failed) for path in self._usage)
        if self._usd is None and given == made == 0 and not failed:
            raise ReplyError("says that it used 0 tokens, and tells no dollars", fix=_FIX_OF_ZERO)
        return _usage(given, made)


def reply_of(returned: str | JsonObject) -> Reply:
    """What a Python agent returned, a text or `{text, …}`; raises `ReplyError`."""
    if isinstance(returned, str):
        return Reply(text=printable(returned))
    calls, usage = returned.get("toolCalls"), returned.get("usage")
    if usage is not None and not isinstance(usage, dict):
        raise ReplyError(
            f"returned 'usage' that is {kind_and_value(usage)}", fix="return {input, output}"
        )
    cost = returned.get("costUsd")
    usd = None if cost is None else DOLLARS.read(cost, "'costUsd'", verb="returned")
    read = None if usage is None else _usage_of(usage)
    if usd is None and read == Usage():
        raise ReplyError("returned a usage of 0 tokens without 'costUsd'", fix="return its costUsd")
    return Reply(
        text=printable(str(returned["text"])),
        tool_calls=None if calls is None else tool_calls_of(calls),
        usage=read,
        usd=usd,
        trace=returned.get("trace"),
    )


def tool_calls_of(value: Json) -> tuple[ToolCall, ...]:
    """Calls in one of the common forms; raises `ReplyError` for anything else.

    `{name, args}` with the names that clients use for either, or OpenAI's `{function: {name,
    arguments}}`. Arguments may be an object or JSON text; None are an empty object.
    """
    if not isinstance(value, list):
        raise ReplyError(f"gave tool calls that are {kind_and_value(value)} and not a list")
    return tuple(_tool_call(item) for item in value)


def _tool_call(item: Json) -> ToolCall:
    function = item.get("function") if isinstance(item, dict) else None
    given = function if isinstance(function, dict) else item
    name = _one_of(given, _NAMES)
    if not isinstance(item, dict) or not isinstance(name, str):
        fix = 'a tool call is {"name": …, "args": {…}}'
        raise ReplyError(f"gave a tool call without a name: {json.dumps(item):.80}", fix=fix)
    arguments = _one_of(given, _ARGUMENTS)
    if not isinstance(arguments, str):
        arguments = json.dumps({} if arguments is None else arguments, ensure_ascii=False)
    call_id = item.get("id")
    return ToolCall(
        id=call_id if isinstance(call_id, str) else "",
        name=printable(name),
        arguments=printable(arguments),
    )


def _one_of(given: Json, keys: tuple[str, ...]) -> Json:
    if not isinstance(given, dict):
        return None
    return next((given[key] for key in keys if given.get(key) is not None), None)


def _parsed(content: str) -> Json:
    try:
        reply: Json = json.loads(content)
    except (ValueError, RecursionError) as error:
        fix = "let it reply in JSON, or remove 'answer' to take the whole reply"
        raise ReplyError(f"gave something that is not JSON: {content[:80]!r}", fix=fix) from error
    return reply


def _text(reply: Json, path: Path) -> str:
    """The answer; what is no text is given as JSON."""
    found = path.find(reply)
    fix = "name the one place where the answer is, or remove 'answer' to take the whole reply"
    if not found:
        raise ReplyError(f"has no answer at {path.source}: {path.miss(reply)}", fix=fix)
    if len(found) > 1:
        raise ReplyError(f"has {len(found)} values at {path.source}, and an answer is one", fix=fix)
    if found[0] is None:
        raise ReplyError(f"has null for an answer at {path.source}", fix=fix)
    answer = found[0]
    return printable(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))


def _calls(reply: Json, path: Path) -> tuple[ToolCall, ...]:
    """The calls at a path, which leads to a list of them, or to each."""
    found = path.find(reply)
    if not found and None not in [step.key for step in path.steps]:
        fix = "let it give an empty list when it called nothing, or mend 'toolCalls'"
        raise ReplyError(f"has no tool calls at {path.source}: {path.miss(reply)}", fix=fix)
    if len(found) == 1 and (found[0] is None or isinstance(found[0], list)):
        found = found[0] or []
    return tool_calls_of(found)


def _first(reply: Json, path: Path | None) -> Json:
    found = path.find(reply) if path else []
    return found[0] if found else None


def _usage_of(given: JsonObject) -> Usage | None:
    for keys in _USAGE:
        if all(key in given for key in keys):
            read = (TOKENS.read(given[key], f"'usage.{key}'", verb="returned") for key in keys)
            return _usage(*read)
    fix = "return {input, output}, in tokens"
    raise ReplyError(f"returned 'usage' with {', '.join(map(repr, given)) or 'nothing'}", fix=fix)


def _usage(given: int | None, made: int | None) -> Usage | None:
    """The tokens; None unless both are told."""
    if given is None or made is None:
        return None
    return Usage(input_tokens=given, output_tokens=made)
