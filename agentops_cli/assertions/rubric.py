"""Whether an answer meets a rubric, in the opinion of a model."""

from dataclasses import replace
from typing import cast

from agentops_cli.assertions.arguments import arguments, string
from agentops_cli.assertions.verdict import CannotTell, bad_argument
from agentops_cli.judge.dialogue import begin
from agentops_cli.judge.pairwise import Pair, judge_pair
from agentops_cli.judge.question import material_of
from agentops_cli.judge.rubric import judge_rubric
from agentops_cli.model.call import Ask, Evidence, Verdict
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec

_THRESHOLD: JsonObject = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1,
    "description": "the least score that passes, above 0 and up to 1, in place of the judge's own",
}


class Rubric:
    """A judge, which is a model, finds that the answer meets a rubric.

    *What it checks*

    The suite's judge is shown the rubric, the case's input and variables, the answer, and the
    conversation where there is one. It gives a score from 0 to 1, a reason, and the words of the
    answer that decided; from `threshold` on the answer passes. With `against: "another answer"` it
    says which of the two meets the rubric better, is asked in both orders, and the answer passes
    when it is found better both times. A reply that is not the JSON that was asked for, or quotes
    words that the answer does not have, is asked for once more; after that, or when the order of
    two answers changes the opinion, or when the answer is empty, the assertion abstains and the
    trial is errored. A judge is a model: it errs, it can be talked to by the answer it reads, and
    it costs a call. It is asked only when nothing else failed.

    *Why it matters*

    Tone, completeness and faithfulness have no exact test. What has one, such as a number, a
    phrase or a format, is better asserted exactly, and for nothing.

    *Example*

    ```yaml
    assert:
      - rubric: Names the reason for the delay, and says what happens next.
      - {kind: rubric, value: Friendly and without blame., threshold: 0.8}
    ```

    *Fix*

    The reason quotes what decided. If it is wrong there, say in the rubric what counts, one thing
    to a rubric. How far the judge can be trusted is measured by `agentops judge check`.
    """

    schema = arguments(
        "value",
        value=string("what the answer is to be"),
        threshold=_THRESHOLD,
        against=string("another answer, which this one must surpass"),
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._rubric = cast("str", spec.args["value"])
        self._threshold = cast("float | None", spec.args.get("threshold"))
        self._other = cast("str | None", spec.args.get("against"))
        if not self._rubric.strip():
            raise bad_argument(spec, "the rubric is blank", fix="say what the answer is to be")
        if self._other is not None and self._threshold is not None:
            problem = "'against' compares two answers, and 'threshold' is for one"
            raise bad_argument(spec, problem, fix="remove one of the two")

    def check(self, evidence: Evidence) -> Verdict | Ask:
        judge = evidence.judge
        if judge is None:
            raise CannotTell("there is no judge")
        if not evidence.completion.text.strip():
            raise CannotTell("the answer is empty")  # Neither what is wanted nor what is not.
        if self._threshold is not None:
            judge = replace(judge, threshold=float(self._threshold))
        material = material_of(evidence)
        if self._other is None:
            dialogue = judge_rubric(judge, self._rubric, material)
        else:
            pair = Pair(rubric=self._rubric, material=material, other=self._other)
            dialogue = judge_pair(judge, pair)
        return begin(dialogue, of=evidence.request)
