"""What stands around prompts: suites, owners, sizes and prices.

Suites are those of the working tree, whatever is compared: it is today's suites that have to pass.
Owners are those that the earlier side names, so that no change chooses who approves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from agentops_cli.diff.prices import UsualCall, price_of
from agentops_cli.diff.sizes import Counter, estimated, size_of
from agentops_cli.diff.values import Pair, Price, PromptDiff, Size
from agentops_cli.errors import EmptyError, StoreError
from agentops_cli.flows.lint.owners import read_owners
from agentops_cli.flows.lint.parts import MissingPartError, Stage
from agentops_cli.model.settings import Config
from agentops_cli.ports import Source
from agentops_cli.prices import prices_of
from agentops_cli.prompt.message_changes import reviewers
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.owners import OwnersFile
from agentops_cli.rules.suites import SuiteFacts, suites_named
from agentops_cli.sources import Disk
from agentops_cli.tokens import count_tokens

if TYPE_CHECKING:
    from agentops_cli.flows.diff.putting import Putting
    from agentops_cli.flows.lint.suites import ProjectSuites

MOST_COUNTED: Final = 100
"""Of more prompts than that nobody reads every figure: tokens are estimated then, which is quick,
and no case is rendered for the sake of a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The diffs with what stands around them. `notes` are suites that nothing is known of."""

    prompts: tuple[PromptDiff, ...]
    notes: tuple[str, ...]


def placed(
    config: Config,
    found: Sequence[PromptDiff],
    *,
    render: str | None = None,
    files: tuple[Source, Source] | None = None,
) -> Placed:
    """The diffs of some prompts, with all that is to be known of what stands around them.

    `render` is a case to show as the model would see it. `files` are those of both sides, from
    which templates include; without them it is the disk. Raises `EmptyError` where no suite of the
    prompts has it.
    """
    around = _Surroundings(config, files, is_quick=len(found) > MOST_COUNTED)
    told = tuple(around.told(each, render) for each in found)
    if render is not None and found and not any(each.rendered for each in told):
        raise EmptyError(
            f"no suite of a prompt that differs has a case {render!r} that can be rendered",
            fix="name one by its id: agentops prompt show NAME lists the suites of a prompt",
        )
    return Placed(prompts=told, notes=around.notes)


class _Surroundings:
    """The suites, owners and prices of a project, each read when first asked for."""

    def __init__(
        self, config: Config, files: tuple[Source, Source] | None, *, is_quick: bool
    ) -> None:
        disk = Disk(config.root)
        self._files = files or (disk, disk)
        self._config = config
        self._is_quick = is_quick
        self._count: Counter = estimated if is_quick else count_tokens
        self._prices = prices_of(config)

    @property
    def notes(self) -> tuple[str, ...]:
        """A line about each suite that is not understood, so that it may be about any prompt."""
        return tuple(f"suite {note}" for note in self._suites.notes) if self._suites else ()

    def told(self, diff: PromptDiff, render: str | None) -> PromptDiff:
        """The diff of a prompt, and what stands around it."""
        pair = diff.pair
        suites = self._suites_of(pair)
        putting = self._putting(pair) if suites and (render or not self._is_quick) else None
        model = _model(pair.file)
        usual = (None, None) if putting is None else putting.usual(suites, model)
        sizes = (self._size(pair.before), self._size(pair.after))
        return replace(
            diff,
            sizes=sizes,
            prices=(
                self._price(pair.before, sizes[0], usual[0]),
                self._price(pair.after, sizes[1], usual[1]),
            ),
            suites=tuple(sorted({facts.path for facts in suites})),
            owners=self._owners_of(pair),
            rendered=putting.rendered(suites, render) if putting and render else None,
        )

    def _size(self, file: PromptFile | None) -> Size | None:
        return None if file is None else size_of(file, _model(file), self._count)

    def _price(
        self, file: PromptFile | None, size: Size | None, usual: UsualCall | None
    ) -> Price | None:
        model = _model(file) if file else None
        if file is None or size is None or model is None:
            return None
        try:
            price = self._prices.price_of(model)
        except StoreError:
            price = None  # Without litellm's table no price is known.
        return price_of(file, size, model=model, price=price, usual=usual)

    def _putting(self, pair: Pair) -> "Putting":
        from agentops_cli.flows.diff.putting import Putting  # It loads the template engine.

        return Putting(pair, *self._files)

    def _owners_of(self, pair: Pair) -> tuple[str, ...]:
        """Who has to approve: whoever owns either path, and whom either version names."""
        files = [file for file in (pair.before, pair.after) if file is not None]
        owned = (self._owners.of(file.path) for file in files) if self._owners else ()
        return tuple(dict.fromkeys(chain(*owned, *map(reviewers, files))))

    def _suites_of(self, pair: Pair) -> Sequence[SuiteFacts]:
        """The suites that run either version, each once."""
        if self._suites is None:
            return ()
        found = {
            facts.path: facts
            for file in (pair.after, pair.before)
            if file is not None
            for facts in self._suites.of(file.path, file.name, suites_named(file))
        }
        return tuple(found.values())

    @cached_property
    def _suites(self) -> "ProjectSuites | None":
        from agentops_cli.flows.lint.suites import gather  # It loads the reader of suites.

        try:
            return gather(Stage(config=self._config, paths=(), cards=dict))
        except MissingPartError:
            return None

    @cached_property
    def _owners(self) -> OwnersFile | None:
        root = self._config.root
        return read_owners(root, self._files[0]) or read_owners(root)


def _model(file: PromptFile) -> str | None:
    """The first model that a prompt names."""
    given = file.meta.get("model")
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, str) else None
