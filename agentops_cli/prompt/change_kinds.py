"""The classes of changes between two versions of a prompt, and what each asks of its version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from agentops_cli.model.place import Location

Level = Literal["breaking", "risky", "safe"]
"""Breaking: whoever calls the prompt has to change too. Risky: its answers may be others."""


class Bump(IntEnum):
    """The part of a semantic version that goes up."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """The lower-case name."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKind:
    """A class of changes. `id` never changes its meaning.

    One that does not `behaves` changes neither what the model is sent nor what callers see, and so
    asks for no new version, although one is welcome.
    """

    id: str
    level: Level
    bump: Bump
    why: str
    behaves: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: what it is, and where it stands in the earlier and in the later file.

    `was` and `now` are the part of the prompt that it is about, as each version calls it: None
    where that version has no such part, two names where it was renamed. A place is None on a side
    that has none.
    """

    kind: ChangeKind
    message: str
    was: str | None
    now: str | None
    before: Location | None = None
    after: Location | None = None

    @property
    def where(self) -> Location | None:
        """The place of the later file; of the earlier one where that is all there is."""
        return self.after or self.before


def _table(level: Level, bump: Bump, whys: Mapping[str, str]) -> Iterable[ChangeKind]:
    return (ChangeKind(id=name, level=level, bump=bump, why=why) for name, why in whys.items())


_CALLERS: Final = "callers that give the old variables fail"
_READERS: Final = "whoever reads the answer has to change"
_ANSWERS: Final = "answers may be others"
_MORE: Final = "what worked before works as before"
_SILENT: Final = {
    "file-moved": "its name, by which others know it, is the same",
    "comment": "no model sees it",
    "meta": "neither the model nor callers see it",
    "input-description": "words for people",
    "output-description": "words for people",
    "input-untrusted": "the prompt has to be guarded from the variable, which takes nothing away",
}

KINDS: Final[Mapping[str, ChangeKind]] = {
    kind.id: kind
    for kind in (
        *_table(
            "breaking",
            Bump.MAJOR,
            {
                "input-removed": _CALLERS,
                "input-renamed": _CALLERS,
                "input-required": "callers that leave it out fail",
                "input-required-added": "callers that do not know it fail",
                "input-narrowed": "values that callers give are refused",
                "input-value-removed": "values that callers give are refused",
                "output-format": _READERS,
                "output-schema-removed": "nothing promises the shape of the answer any more",
                "output-property-removed": _READERS,
                "output-optional": "readers that count on it find nothing",
                "output-type": _READERS,
                "output-value-added": "readers meet a value that they do not know",
                "model-family": "another model or provider: all evals have to be run",
                "role-added": "the model is told by somebody else",
                "role-removed": "a part of what the model is told is gone",
                "roles-reordered": "the model reads the messages in another order",
                "guardrail-removed": "what it forbade is allowed",
                "guardrail-weakened": "what it forbade may happen",
                "tool-removed": "the model cannot call it any more",
                "tool-parameter-required": "the code behind the tool has to take it",
                "tool-parameter-type": "the code behind the tool has to take it",
                "input-to-system": "whoever fills the variable speaks with the system's voice",
                "delimiters-removed": "the model cannot tell the variable from its orders",
                "review-dropped": "who had to look at it need not look at the next change",
                "name": "suites and callers know the prompt by its name",
                "file-deleted": "callers do not find it",
            },
        ),
        *_table(
            "risky",
            Bump.MINOR,
            {
                "input-default": "callers that leave it out get another value",
                "model-version": _ANSWERS,
                "model-fallbacks": "another model answers when the first does not",
                "sampling": _ANSWERS,
                "text": _ANSWERS,
                "template": "other parts of the text are sent",
                "guardrail-reworded": "what it forbade may happen; a reader has to tell",
                "tools-text": "the model may call it at other times",
                "input-other": "callers may be understood otherwise",
                "output-other": _ANSWERS,
                "input-trusted": "nothing guards the prompt from the variable any more",
            },
        ),
        *_table(
            "safe",
            Bump.MINOR,
            {
                "input-added": _MORE,
                "input-optional": _MORE,
                "input-widened": _MORE,
                "input-value-added": _MORE,
                "output-schema-added": "the shape of the answer is promised now",
                "output-property-added": _MORE,
                "output-tightened": "readers that took more take less as well",
                "guardrail-added": "more is forbidden than before",
                "guardrail-strengthened": "more is forbidden than before",
                "input-from-system": "whoever fills the variable no longer speaks for the system",
                "delimiters-added": "the model can tell the variable from its orders",
                "tool-added": _MORE,
                "tool-parameter-added": _MORE,
                "file-added": _MORE,
            },
        ),
        *_table(
            "safe",
            Bump.PATCH,
            {
                "model-spelling": "the same model under another id",
                "text-typo": "the words mean what they meant",
            },
        ),
        *(
            ChangeKind(id=name, level="safe", bump=Bump.PATCH, why=why, behaves=False)
            for name, why in _SILENT.items()
        ),
    )
}
"""Every class by its id; the classes of the design, a row for each way to break something."""
