"""How well answers give the fields of a record."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Never, cast

from agentops_cli.assertions.arguments import arguments, switch
from agentops_cli.assertions.folding import fold
from agentops_cli.assertions.json_value import is_meant
from agentops_cli.metrics.actual import AT_PATH, BadReference, look_of
from agentops_cli.metrics.figures import estimate, f1, share
from agentops_cli.model.call import Completion
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.metric import Cell, Figure, Measures, MetricSpec, Mistake
from agentops_cli.user_schema.values import are_same, kind_of

RIGHT, WRONG, MISSING, UNEXPECTED = COLUMNS = ("right", "wrong", "missing", "unexpected")
"""What became of one field of one answer; a field that is rightly left out counts nowhere."""


class Extraction:
    """How well answers give the fields of a record.

    *What it checks*

    Each answer is JSON, `actual` (default `{jsonPath: $}`) names the one object in it, and its
    `fields` are compared with those of the `expected` object. A field is right when both have the
    same value: numbers as numbers (`12.50` is 12.5, also when one of the two is text), texts after
    Unicode NFKC and white-space folding, with `ignoreCase: true` in any case, lists and objects
    part by part. null, a blank text, an empty list and an empty object are no value.

    A right field is a true positive. One that is given and not expected is a false positive, one
    that is expected and not given a false negative, and a wrong value is both. An answer that is
    no such object gives no field. Figures are `precision`, `recall` and `f1` over all fields
    together, and of each field, written `recall.total`.
    Every trial is an observation, repeats too. Trials without a verdict and cases in quarantine
    are left out; cases that are expected to fail count, or the figures would flatter.

    Intervals are at 95 %: Wilson's for precision and recall, the delta method for F1. Fields of
    one answer, and repeats of one case, resemble each other: an interval over all fields is
    narrower than what is really known.

    *Why it matters*

    One wrong field fails the whole answer; precision and recall tell which field it is, and whether
    it is invented or overlooked. A field that was to be given three times or more, and never was
    right, makes the gate red even without a threshold, in a slice too; an entry for its recall in
    `gate.metrics` says otherwise.

    *Example*

    ```yaml
    metrics:
      - kind: extraction
        expected: {invoice: "{{ row.invoice }}", total: "{{ row.total }}"}
        fields: [invoice, total]
    gate: {metrics: {f1: 0.9, "precision.total": 0.95}}
    ```

    *Fix*

    Name and describe the fields in an output schema. For a field that is often unexpected, say
    what to answer when a document does not have it.
    """

    schema = arguments(
        "expected",
        "fields",
        expected={
            "type": ["string", "object"],
            "description": 'the record of each case, such as {total: "{{ row.total }}"}',
        },
        actual={**AT_PATH, "description": "where the answer's object is; default {jsonPath: $}"},
        fields={
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": r"\S", "description": "a key of the record"},
            "description": "the keys that are compared; others in the data are not looked at",
        },
        ignoreCase=switch("true takes ACME and Acme for the same; default false"),
    )

    def __init__(self, spec: MetricSpec, /) -> None:
        self.names = tuple(cast("list[str]", spec.args["fields"]))
        each = [f"{what}.{name}" for name in self.names for what in ("precision", "recall", "f1")]
        self.figures = ("precision", "recall", "f1", *each)
        self._keep_case = spec.args.get("ignoreCase") is not True
        self._look = look_of(spec, usual={"jsonPath": "$"})

    def reference(self, expected: Json) -> JsonObject:
        """The record that is meant, or that a text spells as JSON."""
        record = _parsed(expected) if isinstance(expected, str) else expected
        if not isinstance(record, dict):
            raise BadReference(f"a record must be an object, not {kind_of(record)}")
        return record

    def asked(self, reference: Json) -> tuple[str, ...]:
        """The fields that have a value."""
        record = cast("JsonObject", reference)
        return tuple(name for name in self.names if not _is_nothing(record.get(name)))

    def cells(self, reference: Json, completion: Completion) -> Sequence[Cell]:
        """What became of each field."""
        record, found = cast("JsonObject", reference), self._look(completion)
        only = found[0] if len(found) == 1 else None
        given = only if isinstance(only, dict) else {}
        ends = ((name, self._end(record.get(name), given.get(name))) for name in self.names)
        return [(name, end) for name, end in ends if end]

    def _end(self, expected: Json, given: Json) -> str | None:
        if _is_nothing(expected):
            return None if _is_nothing(given) else UNEXPECTED
        if _is_nothing(given):
            return MISSING
        return RIGHT if self._agree(given, expected) else WRONG

    def _agree(self, given: Json, expected: Json) -> bool:
        if isinstance(given, str) and isinstance(expected, str):
            return self._folded(given) == self._folded(expected)
        if isinstance(given, list) and isinstance(expected, list):
            return len(given) == len(expected) and all(map(self._agree, given, expected))
        if isinstance(given, dict) and isinstance(expected, dict):
            return given.keys() == expected.keys() and all(
                self._agree(value, expected[key]) for key, value in given.items()
            )
        # A text also means the number that it spells, whichever side has the text.
        return are_same(given, expected) or is_meant(given, expected) or is_meant(expected, given)

    def _folded(self, text: str) -> str:
        return fold(text, keep_case=self._keep_case)

    def measure(self, counts: Mapping[Cell, int], names: Collection[str]) -> Measures:
        """The figures over all fields and of each, and what became of the fields."""
        rows = {name: _Ends.of(name, counts) for name in self.names}
        shown = [name for name in self.names if name in names or rows[name].seen]
        return Measures(
            figures=(
                *_micro(rows.values(), absent=[n for n in names if not rows[n].expected]),
                *(
                    figure
                    for name in shown
                    for figure in _of_field(name, rows[name], recalled=name in names)
                ),
            ),
            labels=self.names,
            columns=COLUMNS,
            confusion=tuple(row.in_columns for row in rows.values()),
            mistakes=tuple(_mistakes(rows)),
        )


def _parsed(text: str) -> Json:
    def refuse(word: str) -> Never:
        raise BadReference(f"{word} is not a JSON number")

    try:
        value: Json = json.loads(text, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadReference(f"it is not JSON: {error}") from None
    return value


def _is_nothing(value: Json) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """What became of a field, or of several together, in all answers."""

    right: int
    wrong: int
    missing: int
    unexpected: int

    @classmethod
    def of(cls, name: str, counts: Mapping[Cell, int]) -> "_Ends":
        """The counts of one field."""
        return cls(**{end: counts.get((name, end), 0) for end in COLUMNS})

    def __add__(self, other: "_Ends") -> "_Ends":
        return _Ends(
            right=self.right + other.right,
            wrong=self.wrong + other.wrong,
            missing=self.missing + other.missing,
            unexpected=self.unexpected + other.unexpected,
        )

    @property
    def in_columns(self) -> tuple[int, ...]:
        """The counts in the order of `COLUMNS`."""
        return (self.right, self.wrong, self.missing, self.unexpected)

    @property
    def expected(self) -> int:
        """How often there was a value to give."""
        return self.right + self.wrong + self.missing

    @property
    def given(self) -> int:
        """How often there was a value in the answer."""
        return self.right + self.wrong + self.unexpected

    @property
    def seen(self) -> int:
        """How often there was a value on either side."""
        return sum(self.in_columns)

    def f1(self, name: str, *, undefined: str) -> Figure:
        """The harmonic mean of precision and recall; a wrong value lowers both."""
        false_alarms, misses = self.given - self.right, self.expected - self.right
        value, size = f1(self.right, misses, false_alarms), self.expected + self.given
        if value is None:
            return Figure(name=name, value=None, n=0, undefined=undefined)
        moves = [
            (self.right, (2 - 2 * value) / size),
            (self.wrong, -2 * value / size),
            (self.missing + self.unexpected, -value / size),
        ]
        return estimate(name, value, n=self.seen, moves=moves, most=size / 2)


def _micro(rows: Collection[_Ends], *, absent: Sequence[str]) -> Iterator[Figure]:
    """The figures over all fields together."""
    ends = reduce(_Ends.__add__, rows)
    if absent and ends.seen:
        why = _unjudged(absent)
        for name in ("precision", "recall", "f1"):
            yield Figure(name=name, value=None, n=ends.seen, undefined=why)
        return
    yield share("precision", ends.right, ends.given, undefined="no answer gave any field")
    yield share("recall", ends.right, ends.expected, undefined="no judged answer was to give any")
    yield ends.f1("f1", undefined="no field was given or to be given")


def _of_field(name: str, ends: _Ends, *, recalled: bool) -> Iterator[Figure]:
    never = f"{name!r} was never given"
    yield share(f"precision.{name}", ends.right, ends.given, undefined=never)
    if recalled:
        yield share(f"recall.{name}", ends.right, ends.expected, undefined=_unjudged([name]))
    yield ends.f1(f"f1.{name}", undefined=f"{name!r} was neither given nor to be given")


def _mistakes(rows: Mapping[str, _Ends]) -> Iterator[Mistake]:
    """What became of fields instead, the most frequent first."""
    found = [
        mistake
        for name, ends in rows.items()
        for mistake in _mistakes_of(name, ends)
        if mistake.count
    ]
    return iter(sorted(found, key=lambda mistake: -mistake.count))


def _mistakes_of(name: str, ends: _Ends) -> Iterator[Mistake]:
    def out_of(count: int, of: int, what: str) -> str:
        return f"{count:,} of {of:,} {name!r} {'was' if count == 1 else 'were'} {what}"

    wrong, missing, unexpected = ends.wrong, ends.missing, ends.unexpected
    yield Mistake(text=out_of(wrong, ends.expected, WRONG), count=wrong, expected=name, given=name)
    yield Mistake(text=out_of(missing, ends.expected, MISSING), count=missing, expected=name)
    yield Mistake(text=out_of(unexpected, ends.given, UNEXPECTED), count=unexpected, given=name)


def _unjudged(fields: Sequence[str]) -> str:
    return f"no judged answer was to give {' or '.join(map(repr, fields))}"
