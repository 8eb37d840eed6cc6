"""What became of the sentences of a prompt that forbid or limit something."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.guardrails import (
    Guardrail,
    Loosened,
    declared_sections,
    has_section,
    loosened,
)
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.telling import at_key, change, line_now, quoted


def guardrail_changes(before: PromptFile, after: PromptFile) -> Iterator[Change]:
    """Guardrails that are gone, bind less, bind more, or are new."""
    texts, texts_now = (
        [(each.role, each.text) for each in file.passages] for file in (before, after)
    )
    gone: list[_Part] = []
    new: list[_Part] = []
    if texts != texts_now:
        lost, won = list(loosened(before, after)), list(loosened(after, before))
        gone, new = _missing(before, after, lost), _missing(after, before, won)
        for part in gone:
            place, here = before.location(part.at), line_now(before, after, part.at)
            message = f"{part.what} is gone" if part.section else f"gone: {part.what}"
            kind, was = "guardrail-removed", part.path
            yield change(kind, message, was=was, now=None, before=place, after=here)
        for part in new:
            message = f"{part.what} is new" if part.section else f"new: {part.what}"
            kind, place = "guardrail-added", after.location(part.at)
            yield change(kind, message, was=None, now=part.path, after=place)
        yield from _reworded(before, after, lost, won)
    told = {part.section for part in (*gone, *new)}
    yield from _declarations(before, after, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A sentence, or a whole section of that name, that one version has and the other has not."""

    what: str
    path: str
    at: int
    section: str = ""


def _missing(file: PromptFile, other: PromptFile, lost: Sequence[Loosened]) -> list[_Part]:
    """What of a file nothing of the other one stands for; declared sections as a whole."""
    found: list[_Part] = []
    told: set[int] = set()
    for name in declared_sections(file):
        if has_section(other, name):
            continue
        mine = [
            each
            for each in lost
            if each.before.is_declared and each.before.section.casefold() == name.casefold()
        ]
        if mine and all(each.now is None for each in mine):
            told |= {id(each) for each in mine}
            at = _heading_of(file, mine[0].before)
            what = f"the guardrail section {name!r}"
            path, section = f"guardrails.{name}", name.casefold()
            found.append(_Part(what=what, path=path, at=at, section=section))
    for each in lost:
        if each.now is None and id(each) not in told:
            what, at = quoted(each.before.text), each.before.span.start
            found.append(_Part(what=what, path=_path(each.before), at=at))
    return found


def _reworded(
    before: PromptFile, after: PromptFile, lost: Sequence[Loosened], won: Sequence[Loosened]
) -> Iterator[Change]:
    """Sentences that bind otherwise: what binds more binds less the other way round."""
    less = {(each.before.text, each.now.text): each for each in lost if each.now}
    more = {(each.now.text, each.before.text): each for each in won if each.now}
    for each in less.values():
        if each.now is not None:
            kind = "guardrail-reworded" if each.how == "doubtful" else "guardrail-weakened"
            what = f"is now {quoted(each.now.text)}"
            if each.under is not None:
                what = f"stands under {quoted(each.under)} now"
            elif each.role is not None:
                what = f"stands in the {each.role} message now"
            yield _between(kind, what, before, after, each.before, each.now)
    for key, each in more.items():
        if each.now is not None and key not in less:
            what = f"is now {quoted(each.before.text)}"
            if each.under is not None:
                what = f"does not stand under {quoted(each.under)} any more"
            elif each.role is not None:
                what = f"does not stand in the {each.role} message any more"
            yield _between("guardrail-strengthened", what, before, after, each.now, each.before)


def _between(
    kind: str, what: str, before: PromptFile, after: PromptFile, old: Guardrail, new: Guardrail
) -> Change:
    return change(
        kind,
        f"{quoted(old.text)} {what}",
        was=_path(old),
        now=_path(new),
        before=before.location(old.span.start),
        after=after.location(new.span.start),
    )


def _declarations(before: PromptFile, after: PromptFile, told: set[str]) -> Iterator[Change]:
    """Sections that are declared to be guardrails, and those that no longer are."""
    old, new = declared_sections(before), declared_sections(after)
    names, names_now = ({name.casefold() for name in each} for each in (old, new))
    for name in old:
        if name.casefold() not in names_now | told:
            kind = "guardrail-weakened" if has_section(after, name) else "meta"
            message = f"the section {name!r} is not declared as a guardrail any more"
            path = f"guardrails.{name}"
            yield at_key(kind, message, before, after, "guardrails", of=(path, None))
    for name in new:
        if name.casefold() not in names | told:
            message = f"the section {name!r} is declared as a guardrail now"
            path = f"guardrails.{name}"
            yield at_key("meta", message, before, after, "guardrails", of=(None, path))
    if names == names_now and before.meta.get("guardrails") != after.meta.get("guardrails"):
        yield at_key("meta", "guardrails is another", before, after, "guardrails")


def _path(guardrail: Guardrail) -> str:
    return f"guardrails: {quoted(guardrail.text)}"


def _heading_of(file: PromptFile, guardrail: Guardrail) -> int:
    at = file.text.rfind(guardrail.section, 0, guardrail.span.start)
    return file.line_at(at).start if at >= 0 else guardrail.span.start
