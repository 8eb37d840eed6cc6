"""Two prompts have one name, so a suite that names it cannot tell which is meant.

`agentops eval` refuses a suite that names such a prompt. A prompt is called by its `name`, or else
by its file. It is said of the one whose path comes later; where only the other one is linted, of
that.

Quiet: about variants of one prompt (`triage.prompt.md` and `triage.short.prompt.md` in a folder),
and about the same prompt in several formats, told by one `metadata.source`.
"""

import posixpath
from collections.abc import Iterator

from agentops_cli.model.place import Location
from agentops_cli.rules.project import Card, Project
from agentops_cli.rules.rule import Hit


def check(project: Project) -> Iterator[Hit]:
    """The name of each prompt that another one had before, in the order of their paths."""
    first: dict[str, list[Card]] = {}
    told: set[str] = set()
    for path in sorted(project.tree):
        card = project.tree[path]
        if card.kind != "native" or posixpath.basename(path).startswith("_"):
            continue
        others = first.setdefault(card.name, [])
        clashes = [other for other in others if not _are_one(card, other)]
        others.append(card)
        if clashes and path in project.linted:
            told.add(path)
            yield _hit(card, clashes[0])
        else:
            for other in clashes:
                if other.path in project.linted and other.path not in told:
                    told.add(other.path)
                    yield _hit(other, card)


def _hit(card: Card, other: Card) -> Hit:
    return Hit(
        at=Location(path=card.path, line=card.name_line, column=1),
        message=f"{other.path} is called {card.name!r} too",
        fix="give each prompt a name of its own",
    )


def _are_one(card: Card, other: Card) -> bool:
    if card.source is not None and card.source == other.source:
        return True
    return _stem(card) == _stem(other)


def _stem(card: Card) -> tuple[str, str]:
    """The folder and the first part of the file's name, which variants have in common."""
    folder, name = posixpath.split(card.path)
    return folder, name.split(".")[0]
