"""Which cases and models of a suite the user asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from agentops_cli.model.ids import models_in
from agentops_cli.model.suite import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was typed to narrow a run; everything that is empty selects all.

    `text` is looked for in case ids, ignoring case. A case needs any of `tags`, and its id among
    `cases` exactly. `models` are ids or patterns such as `openai/*`; of a cascade they mean its
    label or either model.
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
            if not self.models or any(_means(pattern, model) for pattern in self.models)
        )

    def unmatched(self, cases: Iterable[Case], models: Iterable[str]) -> Iterator[str]:
        """What was typed and fits nothing that there is: a typo, whatever else matched."""
        models, ids, tags = tuple(models), set(self.cases), set(self.tags)
        for case in cases if ids or tags else ():
            ids.discard(case.id)
            tags -= case.tags
            if not ids and not tags:
                break
        yield from (f"case {name!r}" for name in sorted(ids))
        yield from (f"tag {tag!r}" for tag in sorted(tags))
        for pattern in self.models:
            if not any(_means(pattern, model) for model in models):
                yield f"model {pattern!r}"


def _means(pattern: str, label: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (label, *models_in(label)))
