"""Assertions about how much came, what it took, and why the model stopped."""

from decimal import Decimal
from typing import cast

from agentops_cli.assertions.arguments import arguments, count, string_or_strings
from agentops_cli.assertions.bounds import bounds_of_args
from agentops_cli.assertions.excerpt import counted, opening
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged, words_of
from agentops_cli.assertions.writing import is_mostly_unspaced
from agentops_cli.model.call import Evidence, Finish, Verdict
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec


class Length:
    """The answer has the right number of characters.

    *What it checks*

    The number of Unicode code points of the answer as it came, white space included: exactly
    `value`, or from `min` to `max`.

    *Why it matters*

    A push notification is cut at 178 characters, and an empty answer is a bug that looks calm.

    *Example*

    ```yaml
    assert:
      - {kind: length, min: 1, max: 280}
    ```

    *Fix*

    Models count words better than characters: ask for a number of words or sentences.
    """

    schema = arguments(
        value=count("exactly so many"), min=count("the least"), max=count("the most")
    )
    noun = "character"

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._bounds = bounds_of_args(spec)

    def check(self, evidence: Evidence) -> Verdict:
        size = self._size_of(evidence.completion.text)
        reason = f"{counted(size, self.noun)}, wanted {self._bounds}"
        return judged(reason, passed=self._bounds.hold(size))

    def _size_of(self, answer: str) -> int:
        return len(answer)


class WordCount(Length):
    """The answer has the right number of words.

    *What it checks*

    A word is a run of characters between white space that holds a letter or a digit: exactly
    `value`, or from `min` to `max`. It abstains where most letters belong to a script that puts no
    spaces between words, such as Chinese, Japanese or Thai.

    *Why it matters*

    Readers, templates and voice output have a length that works, and models drift from it.

    *Example*

    ```yaml
    assert:
      - {kind: wordCount, max: 120}
    ```

    *Fix*

    Name the number in the prompt ("in at most 100 words"), or `length` for scripts without spaces.
    """

    noun = "word"

    def _size_of(self, answer: str) -> int:
        if is_mostly_unspaced(answer):
            raise CannotTell("the answer's script has no spaces between words; assert its length")
        return sum(1 for word in answer.split() if any(map(str.isalnum, word)))


_ANEW = "ask anew: with --record in place of a cassette, with --no-cache in place of the cache"

_DOLLARS: JsonObject = {
    "type": ["number", "string"],
    "minimum": 0,
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "description": "the most dollars that the call may cost, such as 0.002",
}


class Cost:
    """The call costs no more than so many dollars.

    *What it checks*

    What the call was charged, by the price table. It abstains when the price is unknown, and when
    the answer was recorded or cached: no call was made, so its cost of 0 says nothing.

    *Why it matters*

    A prompt that doubles its tokens doubles the bill, and passes every other assertion.

    *Example*

    ```yaml
    assert:
      - cost: 0.002
    ```

    *Fix*

    Shorten the prompt, lower `max_tokens`, or take a cheaper model. For an unknown price, add one
    under `models.<id>.price`. For an answer of a cassette, run without `--replay` or with
    `--record`; for a cached one, with `--no-cache`.
    """

    schema = arguments(value=_DOLLARS, max=_DOLLARS)

    def __init__(self, spec: AssertionSpec, /) -> None:
        # As text, so that 0.1 is a tenth and not its nearest binary fraction.
        self._most = Decimal(str(_most(spec)))

    def check(self, evidence: Evidence) -> Verdict:
        completion, cost = evidence.completion, evidence.completion.cost
        if completion.cached:
            raise CannotTell(f"the answer was recorded, so no call was paid; {_ANEW}")
        if cost.unpriced_calls and cost.usd <= self._most:
            why = f"the price of {completion.model} is unknown; add models.<id>.price"
            raise CannotTell(why)
        reason = f"cost ${cost.usd:f}, wanted at most ${self._most:f}"
        return judged(reason, passed=cost.usd <= self._most)


_SECONDS: JsonObject = {
    "type": "number",
    "exclusiveMinimum": 0,
    "description": "the most seconds that the call may take",
}


class Latency:
    """The call takes no more than so many seconds.

    *What it checks*

    The time of the call itself, without waiting for a turn or a retry. It abstains when the answer
    was recorded or cached: no call was made, so there is no time to judge.

    *Why it matters*

    A user waits for it.

    *Example*

    ```yaml
    assert:
      - {kind: latency, max: 4}
    ```

    *Fix*

    Ask for shorter answers: most of the time is output. One slow call may be chance; to judge a
    distribution set `gate.maxP95LatencyS`. For an answer of a cassette, run without `--replay` or
    with `--record`; for a cached one, with `--no-cache`.
    """

    schema = arguments(value=_SECONDS, max=_SECONDS)

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._most = cast("float", _most(spec))

    def check(self, evidence: Evidence) -> Verdict:
        completion = evidence.completion
        if completion.cached:
            raise CannotTell(f"the answer was recorded, so no call was timed; {_ANEW}")
        reason = f"took {completion.latency_s:.6g} s, wanted at most {self._most:g} s"
        return judged(reason, passed=completion.latency_s <= self._most)


_TOKENS = count("the most tokens, input and output")


class Tokens:
    """The call uses no more than so many tokens.

    *What it checks*

    What the provider reported, input and output together. It abstains when the provider reported
    nothing.

    *Why it matters*

    Tokens are money and time, and unlike both they are the same on every machine and in a replay.

    *Example*

    ```yaml
    assert:
      - {kind: tokens, max: 1800}
    ```

    *Fix*

    The reason gives input and output apart. Shorten the part that grew.
    """

    schema = arguments(value=_TOKENS, max=_TOKENS)

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._most = cast("int", _most(spec))

    def check(self, evidence: Evidence) -> Verdict:
        usage = evidence.completion.usage
        if usage is None:
            raise CannotTell(f"{evidence.completion.model} reported no token counts")
        used, parts = usage.total_tokens, f"{usage.input_tokens} in, {usage.output_tokens} out"
        reason = f"{counted(used, 'token')} ({parts}), wanted at most {self._most}"
        return judged(reason, passed=used <= self._most)


_REASONS = tuple(finish.value for finish in Finish if finish is not Finish.UNKNOWN)


class FinishReason:
    """The model stopped for the right reason.

    *What it checks*

    `stop` (it was done), `length` (it was cut off at `max_tokens`), `content_filter` (the
    provider's filter stopped it) or `tool_calls` (it asks for a tool): one of those listed. It
    abstains when the provider named no reason that is known.

    *Why it matters*

    An answer that was cut off may satisfy every other assertion.

    *Example*

    ```yaml
    assert:
      - finishReason: stop
    ```

    *Fix*

    For `length`, raise `max_tokens` or ask for less; for `content_filter`, see what the provider's
    filter objects to, or expect it: `expectedCategory: refusal`.
    """

    schema = arguments("value", value=string_or_strings(f"{', '.join(_REASONS)}, or a list"))

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._wanted = words_of(spec, _REASONS, noun="finish reason")

    def check(self, evidence: Evidence) -> Verdict:
        finish = evidence.completion.finish
        if finish is Finish.UNKNOWN:
            raise CannotTell("the provider named no known finish reason")
        if finish in self._wanted:
            return judged(f"finish reason {finish}", passed=True)
        came = f"expected finish reason {' or '.join(self._wanted)}, got {finish}"
        return judged(f"{came}: {opening(evidence.completion.text)}", passed=False)


def _most(spec: AssertionSpec) -> Json:
    """The one limit of a kind that takes `value` and `max` for the same."""
    if len(spec.args) != 1:
        problem = "value and max mean the same" if spec.args else "it has no limit"
        fix = "remove one of them" if spec.args else "add max"
        raise bad_argument(spec, problem, fix=fix)
    return next(iter(spec.args.values()))
