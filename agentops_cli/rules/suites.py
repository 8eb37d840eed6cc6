"""The suites of a project, as far as rules about prompts need to know them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec, Case
from agentops_cli.prompt.source import PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Cases that ask what an earlier one has asked: the first of them, and how many more."""

    location: Location
    first: Location
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """One suite that names a prompt, as `prompt` has it: a path from the suite, or a name.

    Of one that `eval` refuses no more than that is known, and `problem` is what it says first; not
    even that of one that is `is_illegible`, which is no YAML.
    `looked_at` are the cases that are not skipped, datasets expanded, and `cases` is their number;
    where the suite `is_cut`, there are more of them. `tags` are theirs, `kinds` those of their
    assertions, and `forbids` tells whether one says what must never be. `unasserted` are answers
    that nothing of the suite judges. `models` is empty where the prompt's own model is meant.
    """

    path: str
    prompt: str
    prompt_location: Location
    problem: Finding | None = None
    is_illegible: bool = False
    cases: int = 0
    is_cut: bool = False
    tags: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    forbids: bool = False
    models: tuple[str, ...] = ()
    models_location: Location | None = None
    measured: bool = False
    looked_at: Sequence[Case] = ()
    again: Sequence[Again] = ()
    unasserted: Sequence[Finding] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What keeps cases from being put to a prompt: the first of them, and how many more."""

    first: Finding
    more: int = 0


class Suites(Protocol):
    """Every suite that the configuration names, and those that prompts name themselves.

    Paths are from the project's root.
    """

    @property
    def all(self) -> Sequence[SuiteFacts]:
        """The suites of the configuration that name a prompt, by path."""
        ...

    @property
    def may_name_any(self) -> bool:
        """Whether nobody can tell which prompt some suite names."""
        ...

    @property
    def dangling(self) -> Sequence[tuple[SuiteFacts, str]]:
        """Those whose prompt is not there, each with the reason."""
        ...

    @property
    def first(self) -> str | None:
        """The first prompt that is linted and that the configuration names."""
        ...

    def has(self, path: str) -> bool:
        """Whether the configuration names a file as a prompt."""
        ...

    def of(
        self, path: str, name: str | None = None, tests: Sequence[str] = ()
    ) -> Sequence[SuiteFacts]:
        """The suites of the prompt at a path, of that name; `tests` are those it says it has."""
        ...

    def matching(self, path: str, pattern: str) -> Sequence[str]:
        """The files that a pattern in the prompt at a path means."""
        ...

    def mistakes(self, suite: SuiteFacts, file: PromptFile) -> Sequence[Mistake]:
        """What keeps cases from being put to the prompt: the same that keeps `eval` from it."""
        ...

    def text_of(self, path: str) -> str | None:
        """The text of a suite file."""
        ...


def suites_named(file: PromptFile) -> Sequence[str]:
    """The paths and patterns of suites that a prompt names under `tests`."""
    given = file.meta.get("tests")
    written = given if isinstance(given, list) else [given]
    return [each for each in written if isinstance(each, str) and each]


def specs_of(case: Case) -> Iterator[AssertionSpec]:
    """The assertions of a case, those of its turns too."""
    for turn in case.turns:
        yield from turn.assertions
    yield from case.assertions
