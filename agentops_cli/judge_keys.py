"""The few keys that describe a judge, which a suite, a configuration and a judge file share."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import Kind, kind_of
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.place import Location

_CANNOT_JUDGE = {
    Kind.AGENT: "an agent is under test, and its answers have no fixed form",
    Kind.REPLAY: "recorded answers fit no other question",
}


_VARIED = 0.7
"""The temperature of several votes: without randomness they would be the same one again."""


def judge_of(data: Mapping[str, Json], *, location: Location, path: str | None = None) -> Judge:
    """The judge that a mapping describes which fits its schema, defaults filled in."""
    given: Any = data
    usual = Judge(model=given["model"], location=location)
    votes = given.get("votes", usual.votes)
    return Judge(
        model=usual.model,
        location=location,
        threshold=float(given.get("threshold", usual.threshold)),
        votes=votes,
        temperature=given.get("temperature", usual.temperature if votes == 1 else _VARIED),
        max_tokens=given.get("maxTokens", usual.max_tokens),
        instructions=given.get("instructions"),
        path=path,
    )


def judge_shape(judge: Judge) -> JsonObject:
    """The judge as a file would hold it, defaults included."""
    shape: JsonObject = {
        "model": judge.model,
        "threshold": judge.threshold,
        "votes": judge.votes,
        "temperature": judge.temperature,
        "maxTokens": judge.max_tokens,
    }
    words = judge.instructions
    return shape if words is None else {**shape, "instructions": words}


def judge_findings(data: Mapping[str, Json], at: Callable[[str], Location]) -> Iterator[Finding]:
    """What no schema says of a judge: models that cannot judge, votes that are all the same.

    `at` gives the place of a key's value.
    """
    model, votes = data.get("model"), data.get("votes")
    if isinstance(model, str) and (why := _CANNOT_JUDGE.get(kind_of(model))):
        problem = f"{model!r} cannot judge: {why}"
        fix = "name a model, such as openai/gpt-4o"
        yield Finding(rule="bad-judge", message=problem, location=at("model"), fix=fix)
    if isinstance(votes, int) and votes > 1 and data.get("temperature", _VARIED) == 0:
        problem = f"at temperature 0 {votes} votes are the same vote {votes} times"
        fix = "remove 'temperature', or ask for one vote"
        yield Finding(rule="bad-judge", message=problem, location=at("temperature"), fix=fix)
