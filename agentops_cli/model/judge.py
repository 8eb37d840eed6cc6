"""A model that judges answers, and the examples that show whether it can."""

from dataclasses import dataclass
from typing import Literal

from agentops_cli.model.place import Location

Label = Literal["good", "bad"]
"""What a person says of an answer: it meets the rubric, or it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How rubrics, and categories that the classifier is unsure of, are judged.

    `threshold` is the least score, 0 to 1, that passes. `votes` is odd; the majority of so many
    independent answers decides. A `temperature` of None leaves it to the provider; `max_tokens` is
    the most that it may say. `instructions` are the author's own words to the judge, None for
    ours alone. `path` is the judge file, None for a judge that a suite or the configuration
    describes itself, which has no examples to be tested on. `base_url` is where the model is asked
    for, None where that is nobody's choice, `weights` the sha256 of those of a model that runs
    inside this process, and `live` is True when what it costs is to be judged too, so that it is
    asked anew; the plan fills these in.
    """

    model: str
    location: Location
    threshold: float = 0.7
    votes: int = 1
    temperature: float | None = 0.0
    max_tokens: int = 400
    instructions: str | None = None
    path: str | None = None
    base_url: str | None = None
    weights: str | None = None
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeExample:
    """An answer that a person has labelled, and the rubric it was labelled by."""

    rubric: str
    answer: str
    label: Label
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
