"""What the id of a model says by itself: what kind of thing answers, and by what name.

An id is `provider/name`. The first words of `Kind` are ours; what follows them is the name of an
agent in the configuration, a cassette as seen from the suite, or a model of this process.
"""

from enum import StrEnum

TIER_MARK = ">"
"""Stands between the models of a cascade in its label; no model id has it."""


class Kind(StrEnum):
    """What answers for a model, by the first word of its id; `PROVIDED` has any other, or none."""

    AGENT = "agent"
    REPLAY = "replay"
    LOCAL = "local"
    SCRIPTED = "scripted"
    PROVIDED = ""


_KINDS = {f"{kind}": kind for kind in Kind}


def kind_of(model: str) -> Kind:
    """What answers for a model; without a slash it is always a provider's."""
    first, slash, _ = model.partition("/")
    return _KINDS.get(first, Kind.PROVIDED) if slash else Kind.PROVIDED


def agent_of(model: str) -> str | None:
    """The name of the agent that a model id means, None for any other."""
    return model.partition("/")[2] if kind_of(model) is Kind.AGENT else None


def cassette_of(model: str) -> str | None:
    """The file that a model id means, as seen from the suite that names it; None for any other."""
    return model.partition("/")[2] if kind_of(model) is Kind.REPLAY else None


def models_in(label: str) -> tuple[str, ...]:
    """The models that a label of a cascade is made of; of a model's id that alone."""
    return tuple(label.split(TIER_MARK))


def may_stand_in(model: str) -> bool:
    """True for a model that may be asked in the place of another one, or another in its place.

    An agent is what is under test, a cassette fits no other question, and a cascade is no model.
    """
    return kind_of(model) not in {Kind.AGENT, Kind.REPLAY} and TIER_MARK not in model
