"""What changed in the messages of a prompt: roles, words, guardrails, and whom they trust."""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.guardrails import (
    Guardrail,
    added,
    declared_sections,
    has_section,
    loosened,
)
from agentops_cli.prompt.source import Passage, PromptFile
from agentops_cli.prompt.telling import at_key, became, change, line_now, quoted
from agentops_cli.prompt.wording import first_difference, wording

_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_CLOSED: Final = re.compile(r"(?:>|\"\"\"|'''|```|~~~|---|<<<|###|===)[ \t\n]*$")
_OPENED: Final = re.compile(r"^[ \t\n]*(?:<|\"\"\"|'''|```|~~~|---|>>>|###|===)")


def message_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    old, new = before.passages, after.passages
    roles, roles_now = [each.role for each in old], [each.role for each in new]
    if roles != roles_now:
        yield from _roles(before, after)
    left = list(new)
    for passage in old:
        twin = next((each for each in left if each.role == passage.role), None)
        if twin is not None:
            left.remove(twin)
            yield from _texts(before, after, passage, twin)


def _roles(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    roles = [each.role or "" for each in before.passages]
    roles_now = [each.role or "" for each in after.passages]
    here = after.location(after.passages[0].offset(0)) if after.passages else after.location(0)
    for role in dict.fromkeys((*roles, *roles_now)):
        more = roles_now.count(role) - roles.count(role)
        if more > 0:
            mine = [each for each in after.passages if (each.role or "") == role]
            place = after.location(mine[-1].offset(0))
            yield change("role-added", f"a {role or 'further'} message is new", after=place)
        elif more < 0:
            lost = [each for each in before.passages if (each.role or "") == role]
            place = before.location(lost[-1].offset(0))
            message = f"a {role or 'further'} message is gone"
            yield change("role-removed", message, before=place, after=here)
    if sorted(roles) == sorted(roles_now):
        yield change("roles-reordered", "the messages are in another order", after=here)


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


def _texts(before: PromptFile, after: PromptFile, old: Passage, new: Passage) -> Iterator[Change]:
    how = wording(old.text, new.text, after.engine)
    if how == "same":
        return
    was, now_is = first_difference(old.text, new.text)
    yield change(
        _OF_TEXT[how],
        _TEXT_WORDS[how].format(new.role or "only"),
        before=before.location(old.offset(was)),
        after=after.location(new.offset(now_is)),
    )


def trust_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    review, review_now = (_flag(each.meta.get("requires_review")) for each in (before, after))
    if review and not review_now:
        message = "no review is required any more"
        yield at_key("review-dropped", message, before, after, "requires_review")
    elif review != review_now:
        message = became("requires_review", review, review_now)
        yield at_key("meta", message, before, after, "requires_review")
    if [*map(_text, before.passages)] == [*map(_text, after.passages)]:
        return
    old = [use for use in before.template.uses if use.kind == "output"]
    new = [use for use in after.template.uses if use.kind == "output"]
    declared = after.inputs or {}
    for name in dict.fromkeys(use.name for use in new):
        if name in declared and declared[name].trusted:
            continue
        was = [use for use in old if use.name == name]
        now_is = [use for use in new if use.name == name]
        moved = next((use for use in now_is if use.role == "system"), None)
        if was and moved and all(use.role != "system" for use in was):
            message = f"the variable {name!r} stands in the system message now"
            yield change(
                "input-to-system",
                message,
                before=before.location(was[0].span.start),
                after=after.location(moved.span.start),
            )
        bare = next(
            (use for use in now_is if not _is_wrapped(after, use.tag.start, use.tag.end)), None
        )
        if was and bare and all(_is_wrapped(before, use.tag.start, use.tag.end) for use in was):
            message = f"nothing marks where the variable {name!r} begins and ends any more"
            yield change(
                "delimiters-removed",
                message,
                before=before.location(was[0].span.start),
                after=after.location(bare.span.start),
            )


def _flag(value: Json) -> Json:
    """What is meant: `no` is false to YAML 1.1, and to whoever wrote it."""
    return _FLAGS.get(value.lower(), value) if isinstance(value, str) else value


def _is_wrapped(file: PromptFile, start: int, end: int) -> bool:
    around = 200
    opened = _CLOSED.search(file.text[max(start - around, 0) : start])
    return bool(opened and _OPENED.search(file.text[end : end + around]))


def guardrail_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Guardrails that are gone, bind less, or are new."""
    if [*map(_text, before.passages)] != [*map(_text, after.passages)]:
        yield from _loosened(before, after)
        for each in added(before, after):
            place = after.location(each.span.start)
            yield change("guardrail-added", f"new: {quoted(each.text)}", after=place)
    left = {name.casefold() for name in declared_sections(after)}
    for name in declared_sections(before):
        if name.casefold() not in left and has_section(after, name):
            message = f"the section {name!r} is not declared as a guardrail any more"
            place = after.location(after.key_at("guardrails"))
            yield change("guardrail-weakened", message, after=place)


def _loosened(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    lost = list(loosened(before, after))
    sections = [
        name
        for name in declared_sections(before)
        if has_section(before, name) and not has_section(after, name)
    ]
    whole: set[int] = set()
    for name in sections:
        mine = [
            each
            for each in lost
            if each.before.is_declared and each.before.section.casefold() == name.casefold()
        ]
        if mine and all(each.now is None for each in mine):
            whole |= {id(each) for each in mine}
            at = _heading_of(before, mine[0].before)
            yield change(
                "guardrail-removed",
                f"the guardrail section {name!r} is gone",
                before=before.location(at),
                after=line_now(before, after, at),
            )
    for each in lost:
        if id(each) in whole:
            continue
        at = each.before.span.start
        if each.now is None:
            yield change(
                "guardrail-removed",
                f"gone: {quoted(each.before.text)}",
                before=before.location(at),
                after=line_now(before, after, at),
            )
        else:
            what = f"is now {quoted(each.now.text)}"
            if each.under is not None:
                what = f"stands under {quoted(each.under)} now"
            yield change(
                "guardrail-reworded" if each.how == "doubtful" else "guardrail-weakened",
                f"{quoted(each.before.text)} {what}",
                before=before.location(at),
                after=after.location(each.now.span.start),
            )


def _heading_of(file: PromptFile, guardrail: Guardrail) -> int:
    at = file.text.rfind(guardrail.section, 0, guardrail.span.start)
    return file.line_at(at).start if at >= 0 else guardrail.span.start


def _text(passage: Passage) -> tuple[str | None, str]:
    return passage.role, passage.text
