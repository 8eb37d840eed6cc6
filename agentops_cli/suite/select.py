"""Which cases and models of a suite the user asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from agentops_cli.model.suite import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was typed to narrow a run; everything that is empty selects all.

    `text` is looked for in case ids, ignoring case. A case needs any of `tags`, and its id among
    `cases` exactly. `models` are ids or patterns such as `openai/*`.
    """

    text: str = ""
    tags: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    cases: frozenset[str] = frozenset()

    @property
    def narrows(self) -> bool:
        """True when something was typed."""
        return bool(self.text or self.tags or self.models or self.cases)

    def has_case(self, case: Case) -> bool:
        """True when the case is wanted."""
        return (
            self.text.casefold() in case.id.casefold()
            and (not self.tags or bool(self.tags & case.tags))
            and (not self.cases or case.id in self.cases)
        )

    def of_models(self, models: Iterable[str]) -> tuple[str, ...]:
        """The wanted ones of a suite's models, in its order."""
        return tuple(
            model
            for model in models
            if not self.models or any(fnmatchcase(model, pattern) for pattern in self.models)
        )

    def unknown_cases(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Ids that were typed and that no suite has: each is a typo, whatever else matched."""
        return tuple(sorted(self.cases - set(ids)))
