"""Assertions about the text of an answer."""

from collections.abc import Iterable
from typing import cast
from unicodedata import normalize

from agentops_cli.assertions.arguments import arguments, string, strings, switch
from agentops_cli.assertions.excerpt import at, excerpt, listed, opening, quote
from agentops_cli.assertions.needle import NEEDLES, OPTIONS, Needle, read_needles
from agentops_cli.assertions.verdict import expression_of, judged
from agentops_cli.model.call import Completion, Evidence, Finish, Verdict
from agentops_cli.model.suite import AssertionSpec

_CONTAIN = arguments(
    "value", value=NEEDLES, regex=switch("true: the texts are regular expressions"), **OPTIONS
)


class MustContain:
    """The answer contains a text, or each text of a list.

    *What it checks*

    Each text is a substring of the answer after Unicode NFKC, case folding and white-space folding
    on both sides; white space at the ends of a text does not count. A list inside the list is met
    by any of its texts. A mapping changes how one text is found: `caseSensitive: true`;
    `word: true` (no letter, digit, mark or underscore touches it: "mail" is a word of "e-mail",
    "C++" is none of "C++11"); `count: 2` or `count: {min, max}` (occurrences that do not overlap;
    min is 1 unless it is given); `regex: true`, or `{regex: "…"}` in place of a text (a regular
    expression, searched for in the answer as it came, ignoring case unless `caseSensitive`).
    The score is the share of the texts that were found.

    *Why it matters*

    It is the cheapest statement of what an answer is for, it needs no model to judge, and its
    reason names the passage that came closest.

    *Example*

    ```yaml
    mustContain:
      - user story
      - [30 days, thirty days]
      - {text: SLA, caseSensitive: true, word: true}
      - {regex: 'AC-\\d+', count: {min: 2}}
    ```

    *Fix*

    Read the nearest passage in the reason. If it says the same in other words, list the wordings
    in an inner list; if the answer was cut off, raise `max_tokens`; else mend the prompt.
    """

    schema = _CONTAIN

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._needles = read_needles(spec)

    def check(self, evidence: Evidence) -> Verdict:
        answer, needles = evidence.completion.text, self._needles
        missing = [needle for needle in needles if not needle.met(answer)]
        if not missing:
            found = listed([needle.found(answer) for needle in needles])
            return judged(f"found {found}", passed=True)
        reason = f"{missing[0].label} {missing[0].miss(answer)}{_cut_off(evidence.completion)}"
        if missing[1:]:
            reason += f"; missing too: {_labels(missing[1:])}"
        return judged(reason, passed=False, score=1 - len(missing) / len(needles))


class Contains(MustContain):
    """The answer contains a text; another name for `mustContain` in a list of assertions.

    *What it checks*

    What `mustContain` checks, with the same arguments and the same folding of case, width and
    white space. The options may stand beside `value`; they count for each text of a list.

    *Why it matters*

    In `assert:` a check can carry `not` and `advisory`, and be filled from a dataset.

    *Example*

    ```yaml
    assert:
      - {kind: contains, value: "{{ row.product }}", word: true}
    ```

    *Fix*

    As for `mustContain`: the reason names the nearest passage.
    """


class MustNotContain:
    """The answer contains none of the texts.

    *What it checks*

    None of the texts is found, by the rules of `mustContain` (`caseSensitive`, `word`, `regex`; a
    list inside the list forbids all of its texts). `count` is refused: to allow a few, write
    `mustContain` with `count: {min: 0, max: 2}`. An answer without text holds nothing, and passes.
    What was said beside tool calls is part of the answer here, as for a text that `not: true`
    forbids.

    *Why it matters*

    Boilerplate, internal names, promises and competitors are things a reader must never see. It is
    the assertion that belongs in `defaults`.

    *Example*

    ```yaml
    mustNotContain:
      - as an AI language model
      - {text: code, word: true}
    ```

    *Fix*

    The reason shows the text in its place. If it stands there rightly ("code" in "decode"), add
    `word: true` or `caseSensitive: true`; else forbid it in the prompt.
    """

    schema = _CONTAIN

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._needles = read_needles(spec, countable=False)

    def check(self, evidence: Evidence) -> Verdict:
        answer, needles = evidence.completion.text, self._needles
        found = [needle for needle in needles if needle.met(answer)]
        if not found:
            where = "" if answer.strip() else " in an empty answer"
            return judged(f"no {_labels(needles)}{where}", passed=True)
        reason = f"found {found[0].found(answer)}"
        if place := found[0].place(answer):
            reason += f" {at(place[0])}: {excerpt(answer, *place)}"
        if found[1:]:
            reason += f"; found too: {_labels(found[1:])}"
        return judged(reason, passed=False, score=1 - len(found) / len(needles))


class _OfText:
    """A kind whose only argument is a text, taken as it is."""

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._wanted = cast("str", spec.args["value"])


class Equals(_OfText):
    """The answer is exactly a text.

    *What it checks*

    Every character counts: case, white space and a line end after the last word too. Use
    `contains`, `regex` or `levenshtein` where that is too strict.

    *Why it matters*

    Labels, numbers and commands are read by programs, which do not forgive a full stop.

    *Example*

    ```yaml
    assert:
      - equals: "{{ row.label }}"
    ```

    *Fix*

    The reason names the first character that differs. Tell the model to answer with the value
    alone, or show it an example.
    """

    schema = arguments("value", value=string("the whole answer", least=0))

    def check(self, evidence: Evidence) -> Verdict:
        answer, wanted = evidence.completion.text, self._wanted
        if answer == wanted:
            return judged(f"equals {quote(wanted)}", passed=True)
        reason = f"expected {quote(wanted)}, got {opening(answer)}; {_difference(answer, wanted)}"
        return judged(reason, passed=False)


class OneOf:
    """The answer is exactly one of several texts.

    *What it checks*

    The whole answer equals one of the listed texts, character by character.

    *Why it matters*

    A classifier that invents a label breaks whatever reads it.

    *Example*

    ```yaml
    assert:
      - oneOf: [billing, bug, other]
    ```

    *Fix*

    Name the labels in the prompt and ask for one of them and nothing else; the reason says when
    only case or white space differ.
    """

    schema = arguments("value", value=strings("the answers that are right", least=0))

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._choices = cast("list[str]", spec.args["value"])

    def check(self, evidence: Evidence) -> Verdict:
        answer = evidence.completion.text
        if answer in self._choices:
            return judged(f"is {quote(answer)}", passed=True)
        choices = listed([quote(choice) for choice in self._choices], limit=8)
        near = next((choice for choice in self._choices if _is_near(answer, choice)), None)
        hint = "" if near is None else f"; {_difference(answer, near)} from {quote(near)}"
        return judged(f"expected one of {choices}, got {opening(answer)}{hint}", passed=False)


class StartsWith(_OfText):
    """The answer begins with a text.

    *What it checks*

    The first characters of the answer are exactly the text, case and white space included.

    *Why it matters*

    A prefix is often a protocol: `SELECT`, `{`, `Verdict:`.

    *Example*

    ```yaml
    assert:
      - startsWith: "Verdict: "
    ```

    *Fix*

    The reason shows how the answer begins. A polite first sentence is removed by asking for the
    result alone.
    """

    schema = arguments("value", value=string("how the answer begins"))

    def check(self, evidence: Evidence) -> Verdict:
        answer, wanted = evidence.completion.text, self._wanted
        if answer.startswith(wanted):
            return judged(f"starts with {quote(wanted)}", passed=True)
        hint = _difference(answer[: len(wanted)], wanted)
        if answer.lstrip().startswith(wanted):
            hint = "white space stands before it"
        return judged(
            f"expected {quote(wanted)} first, got {opening(answer)}; {hint}", passed=False
        )


class EndsWith(_OfText):
    """The answer ends with a text.

    *What it checks*

    The last characters of the answer are exactly the text. A line end after it counts.

    *Why it matters*

    A missing ending shows an answer that was cut off, or a signature that was forgotten.

    *Example*

    ```yaml
    assert:
      - endsWith: "Reply STOP to unsubscribe."
    ```

    *Fix*

    The reason shows how the answer ends. If it was cut off, raise `max_tokens`.
    """

    schema = arguments("value", value=string("how the answer ends"))

    def check(self, evidence: Evidence) -> Verdict:
        answer, wanted = evidence.completion.text, self._wanted
        if answer.endswith(wanted):
            return judged(f"ends with {quote(wanted)}", passed=True)
        end = excerpt(answer, max(0, len(answer) - len(wanted)), len(answer))
        space = "; white space follows it" if answer.rstrip().endswith(wanted) else ""
        reason = f"expected {quote(wanted)} last, got {end}{space}{_cut_off(evidence.completion)}"
        return judged(reason, passed=False)


class Regex:
    """A regular expression matches somewhere in the answer.

    *What it checks*

    The expression is searched for in the answer as it came. The syntax is Python's, as the `regex`
    package reads it; `(?i)` ignores case, `(?m)` lets `^` and `$` stand at line ends, `(?s)` lets
    the dot match them. A search that takes more than a second of computing abstains. An expression
    that matches every text is refused.

    *Why it matters*

    Formats such as dates, ticket numbers and headings have a shape, not one text.

    *Example*

    ```yaml
    assert:
      - regex: '(?m)^Given .+$'
    ```

    *Fix*

    Try the expression on the answer in the report. If it takes too long, mend repetitions inside
    of repetitions, such as `(a+)+`.
    """

    schema = arguments("value", value=string("the regular expression"))

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._expression = expression_of(spec, cast("str", spec.args["value"]))

    def check(self, evidence: Evidence) -> Verdict:
        answer, expression = evidence.completion.text, self._expression
        for start, end in expression.spans(answer):
            place = f"{excerpt(answer, start, end)} {at(start)}"
            return judged(f"{expression} matches {place}", passed=True)
        reason = f"{expression} does not match {opening(answer)}{_cut_off(evidence.completion)}"
        return judged(reason, passed=False)


def _labels(needles: Iterable[Needle]) -> str:
    return listed([needle.label for needle in needles])


def _cut_off(completion: Completion) -> str:
    cut = completion.finish is Finish.LENGTH
    return "; the answer was cut off (finish reason length)" if cut else ""


def _is_near(answer: str, wanted: str) -> bool:
    return answer.strip().casefold() == wanted.strip().casefold()


def _difference(answer: str, wanted: str) -> str:
    """How an answer departs from the text that it should be."""
    if normalize("NFC", answer) == normalize("NFC", wanted):
        return "only the Unicode form of accented letters differs"
    if answer.strip() == wanted.strip():
        return "only white space at the ends differs"
    if _is_near(answer, wanted):
        return "only upper and lower case differ"
    pairs = zip(answer, wanted, strict=False)
    same = next((place for place, (a, b) in enumerate(pairs) if a != b), None)
    shared = min(len(answer), len(wanted)) if same is None else same
    return f"they differ {at(shared)}"
