"""An answer that may differ from a text by so many characters."""

from math import floor
from typing import cast

from agentops_cli.assertions.arguments import arguments, count, string
from agentops_cli.assertions.excerpt import counted, opening, quote
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec

# Two texts of this length take some hundredths of a second.
_LONGEST = 10_000

_THRESHOLD: JsonObject = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1,
    "description": "the least similarity, above 0 to 1",
}


class Levenshtein:
    """The answer is a text, give or take a few characters.

    *What it checks*

    The Levenshtein distance of the whole answer to `value`: the least number of characters to
    insert, delete or replace. Either at most `max` of them, or a similarity of at least
    `threshold`, which is 1 less the distance divided by the length of the longer text. Case and
    white space count. The score is the similarity. Texts of more than 10,000 characters are not
    compared.

    *Why it matters*

    Transcripts, translations of short labels and copied numbers are right but for a typo, and
    `equals` calls that wrong.

    *Example*

    ```yaml
    assert:
      - {kind: levenshtein, value: "The quick brown fox", threshold: 0.9}
    ```

    *Fix*

    The reason gives the distance. If the wording is free, it is the wrong assertion: use
    `mustContain`.
    """

    schema = arguments(
        "value",
        value=string("the text that is wanted"),
        max=count("the most characters that may differ"),
        threshold=_THRESHOLD,
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._wanted = cast("str", spec.args["value"])
        self._most = cast("int | None", spec.args.get("max"))
        self._threshold = cast("float | None", spec.args.get("threshold"))
        if (self._most is None) == (self._threshold is None):
            problem = "it has no limit" if self._most is None else "max stands beside threshold"
            raise bad_argument(spec, problem, fix="write max (characters) or threshold (0 to 1)")
        if len(self._wanted) > _LONGEST:
            problem = f"a text of {len(self._wanted)} characters is too long to compare"
            raise bad_argument(spec, problem, fix=f"shorten it to {_LONGEST} characters")

    def check(self, evidence: Evidence) -> Verdict:
        answer, wanted = evidence.completion.text, self._wanted
        longest = max(len(answer), len(wanted))
        most = self._most
        if most is None:
            # A hair more than the quotient, which binary fractions may put below a whole number.
            most = floor((1 - cast("float", self._threshold)) * longest + 1e-9)
        came = f"from {quote(wanted)}, wanted at most {most}: {opening(answer)}"
        # The lengths alone may decide.
        if (longer := abs(len(answer) - len(wanted))) > most:
            return judged(f"at least {counted(longer, 'character')} {came}", passed=False)
        if len(answer) > _LONGEST:
            raise CannotTell(f"an answer of {len(answer)} characters is too long to compare")
        apart = distance(answer, wanted)
        reason = f"{counted(apart, 'character')} {came}"
        return judged(reason, passed=apart <= most, score=1 - apart / longest)


def distance(left: str, right: str) -> int:
    """The Levenshtein distance of two texts.

    Myers' bit-vector algorithm (1999) in Hyyrö's form (2001): one whole number holds a column of
    the table, so that each character of `right` costs a dozen operations on it.
    """
    if not left or not right:
        return len(left) + len(right)
    places: dict[str, int] = {}
    for index, character in enumerate(left):
        places[character] = places.get(character, 0) | 1 << index
    every = (1 << len(left)) - 1
    last = 1 << len(left) - 1
    up, down, total = every, 0, len(left)  # Where the column rises, where it falls, its end.
    for character in right:
        equal = places.get(character, 0)
        diagonal = (((equal & up) + up) ^ up) | equal | down
        rises = down | ~(diagonal | up) & every
        falls = up & diagonal
        total += bool(rises & last) - bool(falls & last)
        rises = rises << 1 | 1
        up = (falls << 1 | ~(diagonal | rises)) & every
        down = rises & diagonal & every
    return total
