"""Which prompts the changes of other files concern."""

import posixpath
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from agentops_cli.errors import AgentopsError
from agentops_cli.flows.lint.globs import Glob
from agentops_cli.flows.lint.owners import places, read_owners
from agentops_cli.flows.lint.parts import Scene
from agentops_cli.locate import parse_yaml
from agentops_cli.rules.owners import owners_of
from agentops_cli.sources import Disk

if TYPE_CHECKING:
    from agentops_cli.flows.lint.history import GitHistory


def touched(files: Collection[str], scene: Scene, history: "GitHistory") -> frozenset[str]:
    """The prompts among changed files, those that include one of them, those whose suites or what
    these read were changed, and those whose owners were.
    """
    cards = scene.cards()
    found = {path for path in (*cards, *scene.paths) if path in files}
    found |= _including({*files}, scene)
    by_name = {card.name: path for path, card in cards.items()}
    for prompt in _named_by_suites(files, scene, history):
        found.add(by_name.get(prompt, prompt))
    found |= _tested_by(files, scene)
    return frozenset(found | _changed_owners(files, scene, history))


def _including(files: set[str], scene: Scene) -> set[str]:
    """The prompts that include a changed file, through others too."""
    users: dict[str, set[str]] = {}
    for path, card in scene.cards().items():
        for name in card.includes:
            users.setdefault(name, set()).add(path)
    found: set[str] = set()
    waiting = [*files]
    while waiting:
        more = users.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found


def _named_by_suites(files: Collection[str], scene: Scene, history: "GitHistory") -> Iterator[str]:
    """The prompts, by path or name, of suites that were changed, as they are and as they were."""
    globs = [Glob.of(pattern).matches for pattern in scene.config.suites]
    disk = Disk(scene.config.root)
    for path in sorted(files):
        if not any(glob.fullmatch(path) for glob in globs):
            continue
        texts = [history.text_before(path)]
        with suppress(AgentopsError):  # It is gone, or another rule's matter.
            texts.append(disk.read(path))
        for text in texts:
            if text is not None and (prompt := _prompt_in(text, path)) is not None:
                yield posixpath.normpath(posixpath.join(posixpath.dirname(path), prompt))
                yield prompt.partition("@")[0]


def _tested_by(files: Collection[str], scene: Scene) -> set[str]:
    """The prompts of suites that are, or read, a changed file; data sets and judges are such."""
    cards = scene.cards()
    others = [path for path in files if path not in cards]
    if not others:
        return set()
    from agentops_cli.flows.lint.suites import (
        ProjectSuites,
    )  # Where only prompts changed, none is read.

    suites = ProjectSuites(scene)
    return {path for path, card in cards.items() if suites.concerns(path, card, others)}


def _prompt_in(text: str, path: str) -> str | None:
    try:
        data = parse_yaml(text, path=path).data
    except AgentopsError:
        return None
    prompt = data.get("prompt") if isinstance(data, dict) else None
    return prompt if isinstance(prompt, str) else None


def _changed_owners(files: Collection[str], scene: Scene, history: "GitHistory") -> set[str]:
    prefix, found = places(scene.config.root)
    changed = [place for place in found if place in files]
    now = read_owners(scene.config.root) if changed else None
    concerned: set[str] = set()
    for place in changed:
        before = owners_of(history.text_before(place) or "", path=place, prefix=prefix)
        concerned |= {
            path for path in scene.cards() if before.of(path) != (now.of(path) if now else ())
        }
    return concerned
