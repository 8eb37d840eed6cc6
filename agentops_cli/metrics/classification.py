"""How well answers sort cases into labels."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from agentops_cli.assertions.arguments import arguments, switch
from agentops_cli.assertions.folding import fold
from agentops_cli.metrics.actual import AT_PATH, BY_REGEX, WHOLE, BadReference, look_of, refused
from agentops_cli.metrics.figures import estimate, f1_of_one, share, size_of_mean
from agentops_cli.model.call import Completion
from agentops_cli.model.json import Json
from agentops_cli.model.metric import Cell, Figure, Measures, MetricSpec, Mistake
from agentops_cli.user_schema.values import kind_of

NONE = "(none)"
"""The column of answers that are none of the labels."""


class Classification:
    """How well answers sort cases into labels.

    *What it checks*

    Each answer gives one label, which is compared with the `expected` one. `actual` says where it
    stands: `{jsonPath: $.label}` in an answer that is JSON, `{regex: …}` the first group of an
    expression, `text` (the default) the whole answer without the white space around it. A label is
    compared after Unicode NFKC and white-space folding, with `ignoreCase: true` in any case. An
    answer that gives no label, or several different ones, is wrong: it counts in the column
    `(none)`, never nowhere.

    Figures are `accuracy`, `macroF1` (the mean of the labels' F1), `weightedF1` (weighted by how
    often each label is expected), and `precision`, `recall` and `f1` of each label, written
    `recall.bug`. In a slice the means are over the labels that occur there.
    Every trial is an observation, repeats too. Trials without a verdict and cases in quarantine
    are left out; cases that are expected to fail count, or the figures would flatter.

    Intervals are at 95 %: Wilson's for accuracy, precision and recall, one derived from it for the
    F1 of a label, and the delta method for means of F1, which needs about ten answers of each
    label (with five it held the truth in 88 % of simulated samples, with fifteen in 95 %). Repeats
    of one case resemble each other, so that with `repeat` an interval is narrower than what is
    really known.

    *Why it matters*

    A pass rate hides a label that is never recognised when it is rare. So one that was to be given
    three times or more, and never was, makes the gate red even without a threshold, in a slice too;
    only an entry for its recall in `gate.metrics` says otherwise, its `inSlices` for slices.

    *Example*

    ```yaml
    metrics:
      - kind: classification
        expected: "{{ row.label }}"
        actual: {jsonPath: $.label}
        labels: [billing, bug, other]
        by: lang
    gate: {metrics: {macroF1: 0.85, "recall.billing": {min: 0.9, inSlices: 0.8}}}
    ```

    *Fix*

    The report shows which labels are taken for which. Describe these two in the prompt, each with
    an example of the other's border; look at the rows themselves, labels are wrong more often than
    one thinks. Set an output schema with an `enum` where answers are none of the labels.
    """

    schema = arguments(
        "expected",
        "labels",
        expected={
            "type": ["string", "number", "boolean"],
            "description": 'the label of each case, such as "{{ row.label }}"',
        },
        actual={
            "anyOf": [WHOLE, AT_PATH, BY_REGEX],
            "description": "where the answer's label is: {jsonPath: $.label}, {regex: …} or text",
        },
        labels={
            "type": "array",
            "minItems": 2,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": r"\S", "description": "a label"},
            "description": "all labels that there are, two or more",
        },
        ignoreCase=switch("true takes Bug and bug for the same; default false"),
    )

    def __init__(self, spec: MetricSpec, /) -> None:
        self.names = tuple(cast("list[str]", spec.args["labels"]))
        each = [f"{what}.{name}" for name in self.names for what in ("precision", "recall", "f1")]
        self.figures = ("accuracy", "macroF1", "weightedF1", *each)
        self._keep_case = spec.args.get("ignoreCase") is not True
        self._look = look_of(spec, usual="text")
        self._labels: dict[str, str] = {}
        for label in self.names:
            first = self._labels.setdefault(self._folded(label), label)
            if first != label:
                problem = f"the labels {first!r} and {label!r} mean the same"
                raise refused(spec, problem, fix="remove one of them")
        if NONE in self.names:
            problem = f"{NONE!r} is what reports call answers without a label"
            raise refused(spec, problem, fix="name the label differently")

    def reference(self, expected: Json) -> str:
        """The label that is meant, as `labels` spells it."""
        word = _word(expected)
        if word is None:
            raise BadReference(f"a label must be text, not {kind_of(expected)}")
        label = self._labels.get(self._folded(word))
        if label is None:
            near = difflib.get_close_matches(word, self.names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"they are {', '.join(self.names)}"
            raise BadReference(f"{word!r} is none of the labels; {hint}")
        return label

    def asked(self, reference: Json) -> tuple[str, ...]:
        """The one label."""
        return (str(reference),)

    def cells(self, reference: Json, completion: Completion) -> Sequence[Cell]:
        """Which label was expected, and which given."""
        words = {_word(value) for value in self._look(completion)}
        labels = {word and self._labels.get(self._folded(word)) for word in words}
        given = labels.pop() if len(labels) == 1 else None
        return [(str(reference), given or NONE)]

    def measure(self, counts: Mapping[Cell, int], names: Collection[str]) -> Measures:
        """The figures over all answers, and the confusion of labels."""
        table = _Table(labels=self.names, counts=counts)
        columns = (*self.names, NONE)
        return Measures(
            figures=tuple(table.figures(names)),
            labels=self.names,
            columns=columns,
            confusion=tuple(
                tuple(counts.get((row, column), 0) for column in columns) for row in self.names
            ),
            mistakes=tuple(table.mistakes()),
        )

    def _folded(self, word: str) -> str:
        return fold(word, keep_case=self._keep_case)


def _word(value: Json) -> str | None:
    """A label as text: 1 and true as JSON writes them; None for what is no label."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(int(value)) if kind_of(value) == "integer" else str(value)
        case _:
            return None


@dataclass(frozen=True, kw_only=True)
class _Table:
    """The counts of a confusion matrix, with the sums that figures are made of."""

    labels: Sequence[str]
    counts: Mapping[Cell, int]

    @cached_property
    def expected(self) -> Counter[str]:
        """How often each label was to be given."""
        return self._summed(0)

    @cached_property
    def given(self) -> Counter[str]:
        """How often each label was given, and none of them."""
        return self._summed(1)

    def _summed(self, side: int) -> Counter[str]:
        sums: Counter[str] = Counter()
        for cell, count in self.counts.items():
            sums[cell[side]] += count
        return sums

    def hits(self, label: str) -> int:
        """How often it was given where it was expected."""
        return self.counts.get((label, label), 0)

    def figures(self, names: Collection[str]) -> Iterator[Figure]:
        """The figures of all, then those of each label that occurs or was to occur."""
        n = self.expected.total()
        right = sum(map(self.hits, self.labels))
        yield share("accuracy", right, n, undefined="no answer was judged")
        absent = [name for name in self.labels if name in names and not self.expected[name]]
        seen = [label for label in self.labels if self.expected[label] + self.given[label]]
        why = _unjudged(absent) if n else "no answer was judged"
        if absent or not n:
            yield Figure(name="macroF1", value=None, n=n, undefined=why)
            yield Figure(name="weightedF1", value=None, n=n, undefined=why)
        else:
            yield self._mean("macroF1", dict.fromkeys(seen, 1 / len(seen)))
            yield self._mean("weightedF1", {label: self.expected[label] / n for label in seen})
        for label in self.labels:
            if label in names or label in seen:
                yield from self._of_label(label, recalled=label in names)

    def _of_label(self, label: str, *, recalled: bool) -> Iterator[Figure]:
        hits, expected, given = self.hits(label), self.expected[label], self.given[label]
        never = f"{label!r} was never given"
        yield share(f"precision.{label}", hits, given, undefined=never)
        if recalled:
            yield share(f"recall.{label}", hits, expected, undefined=_unjudged([label]))
        both = f"{label!r} was neither given nor to be given"
        yield f1_of_one(f"f1.{label}", hits, expected - hits, given - hits, undefined=both)

    def _mean(self, name: str, weights: Mapping[str, float]) -> Figure:
        """A mean of the labels' F1; the weights are shares of the expected labels, or all equal."""
        sizes = {label: self.expected[label] + self.given[label] for label in weights}
        each = {label: 2 * self.hits(label) / sizes[label] for label in weights}
        # Rounding may leave a sum a hair above 1.
        value = min(1.0, sum(weights[label] * each[label] for label in weights))
        n = self.expected.total()

        def slope(row: str, column: str) -> float:
            # Each F1 is 2 * hits / size: a cell adds to the sizes of its row and of its column.
            sides = [side for side in (row, column) if side in weights]
            total = sum(-weights[side] * each[side] / sizes[side] for side in sides)
            if row == column:
                total += 2 * weights[row] / sizes[row]
            # Another expected label also shifts the weights.
            return total + ((each[row] - value) / n if name == "weightedF1" else 0.0)

        moves = [(count, slope(*cell)) for cell, count in self.counts.items() if count]
        most = size_of_mean(weights, sizes)
        return estimate(name, value, n=n, moves=moves, most=most)

    def mistakes(self) -> Iterator[Mistake]:
        """The labels that were taken for others, the most frequent first."""
        wrong = [item for item in self.counts.items() if item[1] and item[0][0] != item[0][1]]
        for (expected, given), count in sorted(wrong, key=lambda item: (-item[1], item[0])):
            were = "was" if count == 1 else "were"
            called = f"{were} called {given!r}" if given != NONE else "got none of the labels"
            yield Mistake(
                text=f"{count:,} of {self.expected[expected]:,} {expected!r} {called}",
                count=count,
                expected=expected,
                given=given if given != NONE else None,
            )


def _unjudged(labels: Sequence[str]) -> str:
    return f"no judged answer was to be {' or '.join(map(repr, labels))}"
