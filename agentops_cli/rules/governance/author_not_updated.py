"""Somebody changed the prompt since the base who is not among its authors.

Whoever asks the authors why it says what it says will not ask the one who knows.

Quiet: unless the authors are people as git knows them; about changes of comments and of keys that
neither model nor callers see; about bots.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.governance.people import authors_of, is_among, is_bot, is_person
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The authors, where one is missing."""
    history = project.history
    authors = authors_of(file.meta.get("author"))
    if history is None or not authors or not all(map(is_person, authors)):
        return
    if not any(change.kind.behaves for change in history.changes(file)):
        return
    if not all(is_among(author, history.people) for author in authors):
        return
    for editor in sorted(history.editors(file.path), key=lambda person: person.name):
        if is_bot(editor.name) or any(is_among(author, [editor]) for author in authors):
            continue
        yield Hit(
            at=file.location(file.value_at("author")),
            message=f"{editor.name} changed the prompt, and is not among its authors",
            fix=f"add {editor.name!r} to author",
        )
        return
