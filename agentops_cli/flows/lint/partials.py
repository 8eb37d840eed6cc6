"""Gathers the files that prompts include: each is read when a rule asks for it, and then kept."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from agentops_cli.flows.lint.parts import Scene
from agentops_cli.flows.lint.reading import Reader, Unread
from agentops_cli.prompt.includes import included_path
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import TAKES_IN
from agentops_cli.rules.project import Card

_TAKES_IN: Final = re.compile(TAKES_IN.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFiles:
    """Files of the project, as templates; whatever is included is one."""

    reader: Reader
    card: Callable[[str], Card | None]
    known: dict[str, PromptFile | None] = field(default_factory=dict)

    def file(self, path: str) -> PromptFile | None:
        """The file at a path; None where it is outside of the project, or cannot be read."""
        if path not in self.known:
            stored = self._stored(path)
            self.known[path] = self.reader.file(path, stored) if stored is not None else None
        return self.known[path]

    def stamp(self, path: str) -> str:
        """A text that changes with all that a prompt includes, and what that includes."""
        card = self.card(path)
        if card is not None and not card.includes:
            return ""  # As nearly always; the file is not read again for that.
        stored = self._stored(path)
        if stored is None or not _TAKES_IN.search(stored):
            return ""
        digest = hashlib.sha256()
        left, seen = [path], {path}
        while left:
            file = self.file(left.pop())
            for include in file.template.includes if file else ():
                other = included_path(path, include.name or "")
                if other not in seen:
                    seen.add(other)
                    left.append(other)
                    digest.update(b"%a\0%b\0" % (other, self._stored(other) or b"\0"))
        return digest.hexdigest()

    def _stored(self, path: str) -> bytes | None:
        if path.startswith(("/", "../")) or path == "..":
            return None
        stored = self.reader.stored(path)
        return None if isinstance(stored, Unread) else stored


def gather(scene: Scene) -> TemplateFiles:
    """The files of the project's root, what stands in an editor first."""
    reader = Reader(scene.config.root, lambda _path: True)
    if scene.options.stdin is not None:
        reader.edited.update(dict.fromkeys(scene.paths, scene.options.stdin))
    return TemplateFiles(reader=reader, card=scene.known)
