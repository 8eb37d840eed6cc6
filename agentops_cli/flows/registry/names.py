"""Which prompt of a tree a name means."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

from agentops_cli.errors import EmptyError, InputError
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.prompt.read import default_name
from agentops_cli.template.suggest import did_you_mean

if TYPE_CHECKING:
    # An application reads packages without all that reads projects.
    from agentops_cli.flows.registry.trees import PromptTree
    from agentops_cli.prompt.source import PromptFile


class Names:
    """The prompts of a tree by name; of most of them no more is read than whether they have it."""

    def __init__(self, tree: "PromptTree") -> None:
        self.tree = tree

    @cached_property
    def all(self) -> "tuple[PromptFile, ...]":
        """Every prompt, in the order of the paths."""
        return tuple(map(self.tree.file, self.tree.paths))

    def find(self, name: str, *, likely: str | None = None) -> "PromptFile | None":
        """The prompt at a path, or else of a name; None where there is none.

        A path comes first, so that no prompt can take that of another for its name. `likely` is a
        path that is looked at before, and alone where the prompt is there. Raises `InputError`
        where several prompts have the name.
        """
        if likely is not None and (stored := self.tree.stored(likely)) is not None:
            file = self.tree.file(likely) if may_be(name, likely, stored) else None
            if file is not None and file.name == name:
                return file
        at = self._at(name)
        if at is not None:
            return at
        found = [file for file in self._called(name) if file.name == name]
        if len(found) > 1:
            raise InputError(_twice(name, found))
        return found[0] if found else None

    def named(self, name: str) -> "PromptFile":
        """The same; raises `EmptyError` where there is none."""
        found = self.find(name)
        if found is None:
            raise self.missing(name)
        return found

    def missing(self, name: str) -> EmptyError:
        """What to say of a name that no prompt has."""
        return EmptyError(
            f"there is no prompt {name!r} in {self.tree.name}",
            fix=did_you_mean(name, (file.name for file in self.all))
            or "see which there are: agentops prompt list",
        )

    def _called(self, name: str) -> "Iterator[PromptFile]":
        for path in self.tree.paths:
            stored = self.tree.stored(path)
            # What cannot be read is called as its file is, and says why when it is asked for.
            if may_be(name, path, stored) if stored is not None else name == default_name(path):
                yield self.tree.file(path)

    def _at(self, path: str) -> "PromptFile | None":
        """The prompt at a path, whatever it is called and whether the configuration names it."""
        path = posixpath.normpath(path)
        is_path = "/" in path or posixpath.splitext(path)[1]
        return self.tree.file(path) if is_path and self.tree.has(path) else None


def may_be(name: str, path: str, stored: bytes) -> bool:
    """Whether a prompt may have a name: that of its file, or one that it writes somewhere."""
    return (
        name == default_name(path)
        or name.encode(errors="surrogateescape") in stored
        or not _PLAIN.fullmatch(name)  # It may be written with escapes.
    )


_PLAIN: Final = re.compile(r"[\w./@ -]+")


def _twice(name: str, found: "Iterable[PromptFile]") -> Iterator[Finding]:
    paths = [file.path for file in found]
    for path in paths[1:]:
        yield Finding(
            rule="duplicate-name",
            message=f"the prompt {name!r} is in {paths[0]} too",
            location=Location(path=path),
            fix="give each prompt a name of its own",
        )
