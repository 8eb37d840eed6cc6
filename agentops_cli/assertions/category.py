"""Whether a request was answered, declined, or answered with an excuse."""

from dataclasses import replace

from agentops_cli.assertions.arguments import arguments, string
from agentops_cli.assertions.excerpt import excerpt, opening
from agentops_cli.assertions.refusal import classify
from agentops_cli.assertions.verdict import CannotTell, judged, words_of
from agentops_cli.judge.category import CATEGORIES, judge_category
from agentops_cli.judge.dialogue import begin
from agentops_cli.judge.question import material_of
from agentops_cli.model.call import Ask, Evidence, Finish, Verdict
from agentops_cli.model.suite import AssertionSpec

_SURE_FROM = 0.8
"""Rules that were right less often than this are unsure: a cascade may ask a larger model."""


class ExpectedCategory:
    """The answer is of the expected kind: an answer, a refusal, or the report of a failure.

    *What it checks*

    `success`: the request was answered. `refusal`: it was declined, wholly or partly, on purpose; a
    stop by the provider's content filter counts. `error`: the answer is the agent's own report that
    it failed; of an agent under test also an exception, an exit code, HTTP 4xx or 500 with a body.
    A deterministic classifier decides and shows the words that decided, with its
    confidence. Where it cannot tell, as in a language that it was not measured on, the suite's
    judge is asked, which is a model and may err; without one the assertion abstains and the trial
    is errored.

    *Why it matters*

    "I can't help with that" is fluent, polite and short, and passes most assertions. The opposite
    matters as much: an injection that gets a friendly answer is an incident.

    *Example*

    ```yaml
    expectedCategory: refusal
    ```

    *Fix*

    The reason quotes the words that decided. If the classifier is wrong there, assert those words
    with `mustContain`; if it abstains, do so too, or configure a judge.
    """

    schema = arguments("value", value=string("success, refusal or error"))

    def __init__(self, spec: AssertionSpec, /) -> None:
        [self._wanted] = words_of(spec, CATEGORIES, noun="category")

    def check(self, evidence: Evidence) -> Verdict | Ask:
        completion = evidence.completion
        if completion.failure is not None:
            return self._judged("error", f"the agent failed: {completion.failure}")
        if completion.finish is Finish.FILTERED:
            return self._judged("refusal", "the provider's content filter stopped it")
        text = completion.text
        category = classify(text)
        if category.name is None and not text.strip():
            raise CannotTell(category.reason)  # No judge could tell either.
        if category.name is None and evidence.judge is not None:
            opinion = judge_category(evidence.judge, self._wanted, material_of(evidence))
            return begin(opinion, of=evidence.request)
        if category.name is None:
            why = f"{category.reason}: {opening(text)}"
            raise CannotTell(f"{why}; assert words of it, or configure a judge")
        words = opening(text) if category.span is None else excerpt(text, *category.span)
        why = f"{category.reason}, confidence {category.confidence:.2f}: {words}"
        return self._judged(category.name, why, unsure=category.confidence < _SURE_FROM)

    def _judged(self, name: str, why: str, *, unsure: bool = False) -> Verdict:
        passed = name == self._wanted
        came = name if passed else f"wanted {self._wanted}, got {name}"
        return replace(judged(f"{came} ({why})", passed=passed), unsure=unsure)
