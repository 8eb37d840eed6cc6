"""A model that judges answers, and the examples that show whether it can."""

from dataclasses import dataclass
from typing import Literal

from agentops_cli.model.place import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How rubrics, and categories that the classifier is unsure of, are judged.

    `threshold` is the least score, 0 to 1, that passes. `votes` is odd; the majority of so many
    independent answers decides. `instructions` are the author's own words to the judge, None for
    ours alone. `path` is the judge file, None for a judge that a suite or the configuration
    describes itself, which has no examples to be tested on.
    """

    model: str
    location: Location
    threshold: float = 0.7
    votes: int = 1
    instructions: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeExample:
    """An answer that a person has labelled, and the rubric it was labelled by."""

    rubric: str
    answer: str
    label: Literal["good", "bad"]
    location: Location
    input: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFile:
    """One `judges/*.yaml`: a judge, its examples, and the least kappa it must agree with.

    `digest` is the sha256 of all that its opinion depends on: model, instructions, threshold,
    votes, examples and the wording of the question itself.
    """

    judge: Judge
    examples: tuple[JudgeExample, ...]
    min_kappa: float
    digest: str
