"""An answer that means what a text means, whatever its words."""

import re
from typing import cast

from agentops_cli.assertions.arguments import arguments, string_or_strings
from agentops_cli.assertions.excerpt import listed, opening, quote
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged
from agentops_cli.assertions.writing import count_scripts
from agentops_cli.model.call import Ask, Completion, Evidence, Finish, Purpose, Request, Verdict
from agentops_cli.model.embedding import EMBEDDING_MODEL, Vector, vectors_in
from agentops_cli.model.json import JsonObject
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import AssertionSpec

_USUAL_THRESHOLD = 0.75
_THRESHOLD: JsonObject = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1,
    "description": f"the least similarity, above 0 to 1; default {_USUAL_THRESHOLD}",
}

# What is shown is what is judged: the third decimal is the last that is shown.
_DECIMALS = 3

_NEGATION = re.compile(
    r"\b(?:cannot|neither|never|no|nobody|none|nor|not|nothing|without|[a-z]+n['\u2019]t)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Similar:
    """The answer means what a text means.

    *What it checks*

    The cosine similarity of the answer to `value` (with a list: to the text that comes nearest), by
    the embedding model all-MiniLM-L6-v2 inside this process: at least `threshold`, 0.75 unless it
    is given. Of sentences as customers and support write them, 12 paraphrases scored from 0.63 to
    0.88, 66 pairs about different things 0.12 on average and 0.53 at most. The score is the
    similarity.

    **It does not see negation, numbers or who does what.** "approved" and "not approved" score
    0.84, "within 30 days" and "within 90 days" 0.89, "Alice sued Bob" and "Bob sued Alice" 0.99: a
    wrong answer that stays on the subject passes. Where a word that negates is in one of the texts
    only, or a number of the text is not in the answer, the reason says so. Let something else judge
    whether the answer is right; a case that has nothing but `similar` gets a warning.

    The model reads English, 254 tokens of it, some 190 words. A longer `value` is refused before
    the run. For a longer answer the assertion abstains rather than judge its beginning, and for one
    that is not in Latin letters: in Arabic, Greek or Thai, sentences about different things scored
    up to 1.0; in other languages of Latin letters up to 0.62.

    The model is an extra: `agentops local install --embeddings`. It costs nothing.

    *Why it matters*

    Free wording has no words that an assertion could name. That an answer is about something else
    altogether, or falls into a canned text, still shows.

    *Example*

    ```yaml
    assert:
      - {kind: similar, value: "You can return it within 30 days.", threshold: 0.8}
      - {kind: mustContain, value: [["30 days", "thirty days"]]}
    ```

    *Fix*

    The reason gives the similarity and how both texts begin. Write `value` as the answer should be,
    in its length and tone: a keyword is not similar to a paragraph.
    """

    schema = arguments(
        "value",
        value=string_or_strings("the text whose meaning is wanted, or a list: any of them"),
        threshold=_THRESHOLD,
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        value = cast("str | list[str]", spec.args["value"])
        self._wanted = [value] if isinstance(value, str) else value
        self._threshold = cast("float", spec.args.get("threshold", _USUAL_THRESHOLD))
        self._negated = spec.negated
        for text in self._wanted:
            if problem := _unreadable(text):
                fix = "write English, or assert it with another kind"
                raise bad_argument(spec, f"{opening(text)} {problem}", fix=fix)

    def check(self, evidence: Evidence) -> Verdict | Ask:
        completion = evidence.completion
        answer = completion.text
        if not answer.strip():
            filtered = completion.finish is Finish.FILTERED
            reason = "the provider's content filter stopped it" if filtered else opening(answer)
            if self._negated:
                # Nothing is unlike everything; that must not be enough.
                raise CannotTell(f"there is nothing to compare: {reason}")
            wanted = listed(list(map(quote, self._wanted)), sep=" or ")
            return judged(f"nothing is similar to {wanted}: {reason}", passed=False)
        if problem := _unreadable(answer):
            raise CannotTell(f"the answer {problem}: {opening(answer)}")
        request = Request(
            model=EMBEDDING_MODEL,
            messages=tuple(Message(role="user", content=one) for one in (answer, *self._wanted)),
            max_tokens=0,
            purpose=Purpose.JUDGE,
            timeout_s=evidence.request.timeout_s,
            tags=evidence.request.tags,
        )
        return Ask(request=request, settle=lambda reply: self._settle(answer, reply))

    def _settle(self, answer: str, reply: Completion) -> Verdict:
        mine, *others = vectors_in(reply.text)
        if isinstance(mine, str):
            raise CannotTell(f"the answer {mine}: {opening(answer)}")
        found: list[tuple[float, str]] = []
        for text, vector in zip(self._wanted, others, strict=True):
            if isinstance(vector, str):
                raise CannotTell(f"{opening(text)} {vector}")
            found.append((_cosine(mine, vector), text))
        similarity, nearest = max(found)
        passed = similarity >= self._threshold
        reason = (
            f"similarity {similarity:g} to {opening(nearest)}, wanted at least "
            f"{self._threshold:g}: {opening(answer)}"
        )
        unseen = _unseen(answer, nearest) if passed else ""
        return judged(f"{reason}{unseen}", passed=passed, score=max(0.0, similarity))


def _unreadable(text: str) -> str | None:
    """Why the model cannot read a text, as a clause about it; None when it may."""
    if not any(map(str.isalnum, text)):
        return "has neither letters nor digits, and the embedding model knows words"
    scripts = count_scripts(text)
    if 2 * scripts["LATIN"] >= scripts.total():
        return None
    return "is not in Latin letters, and the embedding model reads English"


def _cosine(left: Vector, right: Vector) -> float:
    """The cosine of two vectors of length 1."""
    product: float = sum(one * other for one, other in zip(left, right, strict=True))
    return round(product, _DECIMALS)


def _unseen(answer: str, wanted: str) -> str:
    """What of a difference between two similar texts the similarity does not show."""
    notes = []
    negations = [_NEGATION.search(text) for text in (answer, wanted)]
    if (negations[0] is None) != (negations[1] is None):
        [word] = [match.group() for match in negations if match]
        notes.append(f"only one of them has {quote(word)}")
    held = set(_NUMBER.findall(answer))
    missing = [number for number in _NUMBER.findall(wanted) if number not in held]
    if missing:
        notes.append(f"the answer does not have the number {listed(missing)}")
    return f"; mind that {' and '.join(notes)}, which similarity does not see" if notes else ""
