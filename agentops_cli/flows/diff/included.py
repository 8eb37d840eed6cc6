"""What prompts include that differs between two states, also where the prompts do not."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from agentops_cli.diff.values import Pair
from agentops_cli.flows.diff.files import StateFiles
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import TAKES_IN

_TAKES_IN: Final = re.compile(TAKES_IN.encode())
_MOST: Final = 1_000


class Included:
    """The files that the prompts of both states include."""

    def __init__(self, before: StateFiles, after: StateFiles) -> None:
        self._before = before
        self._after = after

    def of(self, pair: Pair) -> Pair:
        """The pair, with what it includes where that differs."""
        if pair.before is None or pair.after is None:
            return pair
        old = _reached(pair.before, self._before)
        new = _reached(pair.after, self._after)
        names = dict.fromkeys((*old, *new))
        parts = tuple(
            Pair(before=old.get(name), after=new.get(name))
            for name in names
            if _text(old.get(name)) != _text(new.get(name))
        )
        return replace(pair, included=parts) if parts else pair

    def in_unchanged(self, paths: Iterable[str]) -> Iterator[Pair]:
        """The prompts of the later state, which the earlier one has too, that include others."""
        for path in paths:
            stored = self._after.stored(path)
            if stored is None or not _TAKES_IN.search(stored):
                continue
            file = read_bytes(stored, path=path, is_declared=True)
            pair = self.of(Pair(before=file, after=file))
            if pair.included:
                yield pair


def _reached(prompt: PromptFile, files: StateFiles) -> Mapping[str, PromptFile]:
    """All that a prompt includes, through others too, by the names in the tags.

    Names are paths from the folder of the prompt, wherever they are written; those that lead out of
    the project mean nothing.
    """
    folder = posixpath.dirname(prompt.path)
    found: dict[str, PromptFile] = {}
    left, seen = [prompt], {""}
    while left and len(seen) < _MOST:
        for include in left.pop().template.includes:
            name = posixpath.normpath(include.name or "")
            path = posixpath.normpath(posixpath.join(folder, name))
            if include.name is None or name in seen or path.startswith(("/", "../")):
                continue
            seen.add(name)
            stored = files.stored(path)
            if stored is not None:
                file = read_bytes(stored, path=path, is_declared=True)
                found[name] = replace(file, engine=prompt.engine)
                left.append(found[name])
    return found


def _text(file: PromptFile | None) -> str | None:
    return None if file is None else file.text
