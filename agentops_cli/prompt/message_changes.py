"""What changed in the messages of a prompt: roles, words, and whom they trust."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.pairing import paired
from agentops_cli.prompt.source import Passage, PromptFile
from agentops_cli.prompt.telling import at_key, became, change
from agentops_cli.prompt.uses import Use
from agentops_cli.prompt.wording import first_difference, wording

_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CLOSED: Final = re.compile(r"(?:>|\"\"\"|'''|```|~~~|---|<<<|###|===)[ \t\n]*$")
_OPENED: Final = re.compile(r"^[ \t\n]*(?:<|\"\"\"|'''|```|~~~|---|>>>|###|===)")


def message_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Messages that came, went, changed places, or say something else."""
    if _is_same(before, after):
        return
    names, names_now = _names(before), _names(after)
    pairs = list(paired(before.passages, after.passages))
    here = after.location(after.passages[0].offset(0)) if after.passages else after.location(0)
    for old, new in pairs:
        if old is None and new is not None:
            yield change(
                "role-added",
                f"a {new.role or 'further'} message is new",
                was=None,
                now=names_now[id(new)],
                after=after.location(new.offset(0)),
            )
        elif new is None and old is not None:
            yield change(
                "role-removed",
                f"a {old.role or 'further'} message is gone",
                was=names[id(old)],
                now=None,
                before=before.location(old.offset(0)),
                after=here,
            )
    if _is_reordered(before, pairs):
        message = "the messages are in another order"
        yield change("roles-reordered", message, was="messages", now="messages", after=here)
    for old, new in pairs:
        if old is not None and new is not None:
            yield from _texts(before, after, old, new, names[id(old)], names_now[id(new)])


def _names(file: PromptFile) -> dict[int, str]:
    """What each message is called; one of several of a role by its number too."""
    found: dict[int, str] = {}
    count = Counter(each.role for each in file.passages)
    seen: Counter[str | None] = Counter()
    for each in file.passages:
        seen[each.role] += 1
        number = f".{seen[each.role]}" if count[each.role] > 1 else ""
        found[id(each)] = f"messages.{each.role or 'text'}{number}"
    return found


def _is_reordered(
    before: PromptFile, pairs: Sequence[tuple[Passage | None, Passage | None]]
) -> bool:
    """Whether the messages of both versions stand in another order to one another."""
    at = {id(each): index for index, each in enumerate(before.passages)}
    places = [at[id(old)] for old, new in pairs if old is not None and new is not None]
    return places != sorted(places)


_OF_TEXT: Final = {
    "comment": "comment",
    "typo": "text-typo",
    "template": "template",
    "text": "text",
}
_TEXT_WORDS: Final = {
    "comment": "a comment of the {} message is another",
    "typo": "the spelling of the {} message is another",
    "template": "the branches, loops or includes of the {} message are others",
    "text": "the {} message says something else",
}


def _texts(
    before: PromptFile, after: PromptFile, old: Passage, new: Passage, was: str, now: str
) -> Iterator[Change]:
    how = wording(old.text, new.text, after.engine)
    if how == "same":
        return
    at, at_now = first_difference(old.text, new.text)
    yield change(
        _OF_TEXT[how],
        _TEXT_WORDS[how].format(new.role or "only"),
        was=was,
        now=now,
        before=before.location(old.offset(at)),
        after=after.location(new.offset(at_now)),
    )


_LESS: Final = {
    "role": ("input-to-system", "the variable {} stands in the system message now"),
    "delimiters": (
        "delimiters-removed",
        "nothing marks where the variable {} begins and ends any more",
    ),
}
_MORE: Final = {
    "role": ("input-from-system", "the variable {} stands in no system message any more"),
    "delimiters": ("delimiters-added", "it is marked where the variable {} begins and ends"),
}


def trust_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Who looks at the prompt, and how far a variable is kept apart from its orders."""
    review, review_now = (_flag(each.meta.get("requires_review")) for each in (before, after))
    if review and not review_now:
        message = "no review is required any more"
        yield at_key("review-dropped", message, before, after, "requires_review")
    elif gone := [each for each in reviewers(before) if each not in reviewers(after)]:
        message = f"the review of {' and '.join(gone)} is not required any more"
        yield at_key("review-dropped", message, before, after, "requires_review")
    elif review != review_now:
        message = became("requires_review", review, review_now)
        yield at_key("meta", message, before, after, "requires_review")
    if _is_same(before, after):
        return
    lost = _loosened(before, after)
    won = {
        key: (was, now) for key, (now, was) in _loosened(after, before).items() if key not in lost
    }
    for table, found in ((_LESS, lost), (_MORE, won)):
        for (name, how), (was, now) in found.items():
            kind, words = table[how]
            path = f"input.{name}.{how}"
            yield change(
                kind,
                words.format(repr(name)),
                was=path,
                now=path,
                before=before.location(was),
                after=after.location(now),
            )


def _loosened(before: PromptFile, after: PromptFile) -> dict[tuple[str, str], tuple[int, int]]:
    """The variables that are less apart from orders than before, each with its two places."""
    old, new = _put_out(before), _put_out(after)
    # A change of both must not vouch for itself.
    trusted = _trusted(before) & _trusted(after)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for name in dict.fromkeys(use.name for use in new):
        was = [use for use in old if use.name == name]
        if not was or name in trusted:
            continue
        now = [use for use in new if use.name == name]
        raised = next((use for use in now if use.role == "system"), None)
        if raised and all(use.role != "system" for use in was):
            found[name, "role"] = (was[0].span.start, raised.span.start)
        bare = next((use for use in now if not _is_wrapped(after, use)), None)
        if bare and all(_is_wrapped(before, use) for use in was):
            found[name, "delimiters"] = (was[0].span.start, bare.span.start)
    return found


def reviewers(file: PromptFile) -> list[str]:
    """Whom a prompt names to look at each of its changes."""
    given = file.meta.get("requires_review")
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []


def _put_out(file: PromptFile) -> list[Use]:
    """Where variables come into the text, also by names that the template gives them."""
    uses = (*file.template.uses, *file.template.aliases)
    return [use for use in uses if use.kind == "output"]


def _trusted(file: PromptFile) -> set[str]:
    return {name for name, each in (file.inputs or {}).items() if each.trusted}


def _flag(value: Json) -> Json:
    """What is meant: `no` is false to YAML 1.1, and to whoever wrote it."""
    return _FLAGS.get(value.lower(), value) if isinstance(value, str) else value


def _is_wrapped(file: PromptFile, use: Use) -> bool:
    around = 200
    start, end = use.tag.start, use.tag.end
    opened = _CLOSED.search(file.text[max(start - around, 0) : start])
    return bool(opened and _OPENED.search(file.text[end : end + around]))


def _is_same(before: PromptFile, after: PromptFile) -> bool:
    """Whether the messages are what they were, to the letter."""
    return [(each.role, each.text) for each in before.passages] == [
        (each.role, each.text) for each in after.passages
    ]
