"""Nobody of the author's name or address has committed anything, so whom to ask is not clear.

The author of a prompt is whoever can say why it is as it is. A name that git does not know is
misspelled, or somebody who has left no other trace.

Quiet: about handles (`@ada`), which the host alone knows; about teams and bots; about addresses of
a domain from which others have committed; where git has no history but of a shallow clone.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.governance.people import (
    authors_of,
    domain_of,
    domains,
    is_among,
    is_person,
)
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each author that nobody is."""
    history, owners = project.history, project.owners
    authors = authors_of(file.meta.get("author"))
    if history is None or not any(map(is_person, authors)):
        return
    people = [*history.people, *history.editors(file.path)]
    owned = owners.file.of(file.path) if owners and owners.file else ()
    known = {each.casefold() for each in owned}
    for index, author in enumerate(authors):
        is_known = author.casefold() in known or domain_of(author) in domains(people)
        if not is_person(author) or is_known or is_among(author, people):
            continue
        listed = isinstance(file.meta.get("author"), list)
        at = file.value_at("author", index) if listed else file.value_at("author")
        yield Hit(
            at=file.location(at),
            message=f"nobody called {author!r} has committed anything here",
            fix="write the name or the address that git knows",
        )
