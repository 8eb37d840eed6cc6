"""Fixes: the edits that findings offer, put into a file.

Everything outside the edits stays as it is, byte for byte: line ends, a byte-order mark, bytes that
are no UTF-8. A safe fix is proved before it counts: what the prompt renders to is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from agentops_cli.lint.finding import LintFinding
from agentops_cli.prompt.source import Passage, PromptFile, Stored
from agentops_cli.rules.rule import Edit
from agentops_cli.template.tokens import same_message

MOST_ROUNDS: Final = 10
"""A fix may make room for another one, but not for ever."""

Read: TypeAlias = Callable[[str], PromptFile]
"""The prompt file that some characters are."""

Look: TypeAlias = Callable[[PromptFile], Sequence[LintFinding]]
"""The findings of a file that are not left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A file after its fixes: its characters, and the findings whose fixes went into it."""

    characters: str
    findings: tuple[LintFinding, ...]


def fixed(characters: str, *, read: Read, look: Look, unsafe: bool) -> Fixed:
    """Applies every fix that may be applied, again and again until there is nothing left to do.

    Safe fixes come first. A fix that would make the file worse to read, or a safe one that would
    change what it renders to, is left out.
    """
    done: list[LintFinding] = []
    for safety in ("safe", "unsafe") if unsafe else ("safe",):
        refused: set[object] = set()
        for _ in range(MOST_ROUNDS):
            before = read(characters)
            offered = [
                each
                for each in look(before)
                if each.edits and each.safety == safety and _identity(each) not in refused
            ]
            after, taken, lost = _round(before, offered, read)
            refused |= {_identity(each) for each in lost}
            done += taken
            characters = after
            if not taken and not lost:
                break
    return Fixed(characters=characters, findings=tuple(done))


def fixed_once(before: PromptFile, offered: Sequence[LintFinding], read: Read) -> Fixed:
    """Applies the fixes that are offered for a file as it is, those that are sound, once.

    Unsafe ones have to wait until no safe one is left, which is held to more than they are.
    """
    for safety in ("safe", "unsafe"):
        after, taken, _ = _round(before, [each for each in offered if each.safety == safety], read)
        if taken:
            return Fixed(characters=after, findings=tuple(taken))
    return Fixed(characters=before.stored.characters, findings=())


def fixed_elsewhere(characters: str, offered: Sequence[LintFinding]) -> Fixed:
    """The same for a file that is no prompt, of which the rule alone knows what is sound."""
    stored = Stored(characters)
    chosen = compatible(stored, offered)
    after = apply(stored, (edit for each in chosen for edit in each.edits))
    return Fixed(characters=after, findings=tuple(chosen))


def apply(stored: Stored, edits: Iterable[Edit]) -> str:
    """The characters with the edits put in; they must not overlap."""
    parts: list[str] = []
    at = 0
    for start, end, text in sorted(_placed(stored, edits)):
        parts += (stored.characters[at:start], text)
        at = end
    return "".join((*parts, stored.characters[at:]))


def compatible(stored: Stored, found: Iterable[LintFinding]) -> list[LintFinding]:
    """The findings whose edits can all be put in at once, the first ones before later ones.

    The edits of a finding belong together. Two equal findings count as one.
    """
    taken: list[tuple[int, int, str]] = []
    chosen: list[LintFinding] = []
    for each in found:
        edits = sorted(_placed(stored, each.edits))
        if any(_clash(one, other) for one in edits for other in taken) or _is_torn(edits):
            continue
        taken += edits
        chosen.append(each)
    return chosen


def _round(
    before: PromptFile, offered: Sequence[LintFinding], read: Read
) -> tuple[str, list[LintFinding], list[LintFinding]]:
    """The characters after one round, the findings that are mended, and those that cannot be."""
    chosen = compatible(before.stored, offered)
    taken = _sound(before, [], chosen, read)
    after = _applied(before, taken)
    if after == before.stored.characters:
        taken = []
    mended = {id(each) for each in taken}
    return after, taken, [each for each in chosen if id(each) not in mended]


def _sound(
    before: PromptFile, taken: list[LintFinding], more: list[LintFinding], read: Read
) -> list[LintFinding]:
    """Those that were taken, and of the others whichever leave the file sound: half by half."""
    if not more:
        return taken
    if _is_sound(before, read(_applied(before, [*taken, *more])), more):
        return [*taken, *more]
    if len(more) == 1:
        return taken
    half = len(more) // 2
    return _sound(before, _sound(before, taken, more[:half], read), more[half:], read)


def _applied(before: PromptFile, findings: Sequence[LintFinding]) -> str:
    return apply(before.stored, (edit for each in findings for edit in each.edits))


def _is_sound(before: PromptFile, after: PromptFile, findings: Sequence[LintFinding]) -> bool:
    known = [(each.rule, each.message) for each in before.problems]
    if any(each.rule not in {rule for rule, _ in known} for each in after.problems):
        return False
    if any(each.safety != "safe" for each in findings):
        return True
    return before.defaults == after.defaults and _render_alike(
        before.passages, after.passages, before.engine
    )


def _render_alike(before: Sequence[Passage], after: Sequence[Passage], engine: str) -> bool:
    if len(before) != len(after):
        return False
    return all(
        one.role == other.role
        and (one.text == other.text or (engine == "jinja2" and same_message(one.text, other.text)))
        for one, other in zip(before, after, strict=True)
    )


def _placed(stored: Stored, edits: Iterable[Edit]) -> Iterator[tuple[int, int, str]]:
    """Edits by the places of the stored characters; new lines end as those of the file do."""
    for edit in edits:
        if edit.stored:
            yield edit.start, edit.end, edit.text
        else:
            text = edit.text.replace("\n", stored.newline)
            yield stored.offset(edit.start), stored.offset(edit.end), text


def _clash(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether two edits touch the same characters, or the same place between two."""
    if one[0] == other[0]:
        return True
    first, second = sorted((one, other))
    return first[1] > second[0]


def _is_torn(edits: Sequence[tuple[int, int, str]]) -> bool:
    clash = any(_clash(one, other) for one, other in pairwise(edits))
    return clash or any(start > end for start, end, _ in edits)


def _identity(found: LintFinding) -> object:
    """What a finding is known by though its place may move."""
    texts = tuple(edit.text for edit in found.edits)
    return found.rule.code, found.line, found.finding.message, texts
