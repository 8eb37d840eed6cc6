"""The prompt files of a project, each read once, and what the cache knows of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Final

from agentops_cli.flows.lint.cards import card_of
from agentops_cli.flows.lint.reading import Reader, Unread
from agentops_cli.lint.cache import Cache, Entry, card_of_row, digest, row_of_card, rows_of
from agentops_cli.lint.finding import LintFinding
from agentops_cli.prompt.source import PromptFile
from agentops_cli.redact import Redact
from agentops_cli.rules.comments import comments_in
from agentops_cli.rules.project import Card


class Look:
    """A file that is looked at: its bytes, and the prompt in them as soon as somebody asks."""

    def __init__(self, path: str, reader: Reader) -> None:
        self.path: Final = path
        self._reader = reader
        self._file: PromptFile | None = None
        self._stored = reader.stored(path)

    @cached_property
    def digest(self) -> str | None:
        """What the cache knows the bytes by; None where there are none."""
        return None if isinstance(self._stored, Unread) else digest(self._stored)

    @property
    def is_parsed(self) -> bool:
        """Whether somebody has asked for the prompt."""
        return self._file is not None

    @property
    def file(self) -> PromptFile:
        """The prompt, parsed once."""
        if self._file is None:
            self._file = self._reader.file(self.path, self._stored)
        return self._file


class Tree:
    """All prompts of a project: those that the configuration names and those that are linted.

    `paths` looks for them, when somebody asks for all. What `redact` would hide goes into no cache.
    """

    def __init__(
        self,
        paths: Callable[[], Sequence[str]],
        reader: Reader,
        cache: Cache | None,
        redact: Redact,
    ) -> None:
        self.cache: Final = cache
        self.reader: Final = reader
        self._redact = redact
        self._paths = paths
        self._all: Sequence[str] | None = None
        self._stamp: str | None = None
        self._cards: dict[str, Card] = {}

    @property
    def known(self) -> Mapping[str, Card]:
        """The cards of the files that were looked at so far; it grows with each."""
        return MappingProxyType(self._cards)

    def look(self, path: str) -> Look:
        """The file as it is now."""
        return Look(path, self.reader)

    def entry(self, look: Look) -> Entry | None:
        """What the cache knows of a file, as much as that is; None where nothing is kept."""
        if self.cache is None or look.digest is None:
            return None
        known = self.cache.entry(look.path, look.digest)
        if known is None:
            card = row_of_card(card_of(look.file))
            if self._redact.hits(repr(card)):
                return None
            is_commented = bool(comments_in(look.file))
            known = Entry(digest=look.digest, card=card, is_commented=is_commented)
            self.cache.put(look.path, known)
        return known

    def keep(
        self, look: Look, entry: Entry, stage: str, stamp: str, found: Sequence[LintFinding]
    ) -> None:
        """Keeps what a stage found in a file, but not where a finding may show a secret."""
        if self.cache is None or (found and self._shows(look.file, found)):
            return
        entry.stages[stage] = (stamp, rows_of(found, look.path))
        self.cache.put(look.path, entry)

    def _shows(self, file: PromptFile, found: Iterable[LintFinding]) -> bool:
        # A key of many lines is none any more on each of them, so it is the whole text that counts.
        texts = (file.text, *(each.finding.message for each in found))
        return any(map(self._redact.hits, texts))

    def add(self, look: Look) -> None:
        """Takes the card of a file that is being looked at anyway."""
        if look.path not in self._cards:
            known = self.entry(look)
            card = card_of_row(known.card, look.path) if known else card_of(look.file)
            self._cards[look.path] = card

    def cards(self) -> Mapping[str, Card]:
        """The card of each prompt, by path."""
        if self._all is None:
            self._all = self._paths()
        for path in self._all:
            if path not in self._cards:
                self.add(self.look(path))
        return self._cards

    def stamp(self) -> str:
        """A text that changes with any card: what is kept of a file that depends on the others."""
        if self._stamp is None:
            rows = [(path, *row_of_card(card)) for path, card in sorted(self.cards().items())]
            self._stamp = digest(repr(rows).encode(errors="surrogatepass"))
        return self._stamp

    def forget(self, paths: Sequence[str]) -> None:
        """Drops the cards of files that have changed."""
        self._stamp = None
        for path in paths:
            self._cards.pop(path, None)
