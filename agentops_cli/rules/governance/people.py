"""Whether an author, as a prompt names them, is somebody that git knows."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.rules.history import Person

_GROUP: Final = re.compile(
    r"\b(?:team|authors?|group|squad|guild|dept|department|community|maintainers?|contributors?"
    r"|engineering|platform|support|research|inc|ltd|gmbh|llc)\b",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"([^<>@\s]+)@([^<>@\s]+)")
_BOT: Final = re.compile(r"\[bot\]|\bbot\b", re.IGNORECASE)


def authors_of(value: Json) -> list[str]:
    """The authors that `author` names."""
    given = value if isinstance(value, list) else [value]
    return [each.strip() for each in given if isinstance(each, str) and each.strip()]


def is_bot(name: str) -> bool:
    """Whether a name is that of a program."""
    return _BOT.search(name) is not None


def is_person(author: str) -> bool:
    """Whether an author is one person whom git would know by the same name or address.

    A handle such as `@ada` is known to the host alone, and a team commits nothing.
    """
    return not author.startswith("@") and not _GROUP.search(author) and not is_bot(author)


def is_among(author: str, people: Collection[Person]) -> bool:
    """Whether an author is one of some people, by name, address or the part before the `@`."""
    wanted = author.casefold()
    address = _ADDRESS.search(wanted)
    name = wanted.split("<")[0].strip() if address else wanted
    return any(_is(person, name, address[0] if address else None) for person in people)


def domains(people: Iterable[Person]) -> frozenset[str]:
    """The domains of their addresses, those of a host's own apart."""
    found = (person.email.rpartition("@")[2].casefold() for person in people)
    return frozenset(domain for domain in found if "noreply" not in domain)


def domain_of(author: str) -> str | None:
    """The domain of the address in an author; None without one."""
    address = _ADDRESS.search(author.casefold())
    return address[2] if address else None


def _is(person: Person, name: str, address: str | None) -> bool:
    email = person.email.casefold()
    if address is not None and email == address:
        return True
    local = email.partition("@")[0].rpartition("+")[2]
    return bool(name) and name.removeprefix("@") in {person.name.casefold(), local}
