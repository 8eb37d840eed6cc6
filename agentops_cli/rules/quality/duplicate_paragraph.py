"""The same paragraph stands there twice: it is paid for twice, and one day only one is changed.

Compared are paragraphs of 20 words or more, whatever their white space and capitals. The fix
removes the second one.

Quiet: about code, quotations, tables and examples; about paragraphs with tags of the template, of
which only one may be rendered; about YAML and JSON of no format that is known, which may hold many
prompts.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import markup_of_text, placed
from agentops_cli.prompt.source import Passage, PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.quality.branches import are_apart
from agentops_cli.rules.rule import Edit, Hit

_WORDS: Final = 20
_CHARACTERS: Final = 60
_FEW: Final = 5
"""Paragraphs that do not begin with the same few words are not the same."""

_DATA: Final = (".yaml", ".yml", ".json")
_SKIPPED: Final = ("| ", "```", "~~~")
"""Cells of tables, fences of code."""


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each paragraph that has been there before."""
    if file.kind == "plain" and file.path.lower().endswith(_DATA):
        return
    long = [
        block
        for passage in file.passages
        for block in passage.text.split("\n\n")
        if len(block) >= _CHARACTERS
    ]
    if len(long) > 1 and len({_beginning(block) for block in long}) < len(long):
        yield from _repeated(file)


def _beginning(block: str) -> str:
    return " ".join(block.split(None, _FEW)[:_FEW]).casefold()


def _words(block: str) -> str:
    return " ".join(block.split()).casefold()


def _repeated(file: PromptFile) -> Iterator[Hit]:
    first: dict[str, int] = {}
    for passage in file.passages:
        markup = file.markup if passage.exact else markup_of_text(passage.text)
        for block in _blocks(passage):
            text = passage.text[block.start : block.end]
            at = passage.offset(block.start)
            if not markup.is_own_voice(at if passage.exact else block.start):
                continue
            words = _words(text)
            if words.count(" ") + 1 < _WORDS or any(each in text for each in _SKIPPED):
                continue
            if words in first and not are_apart(file, first[words], at + len(text)):
                line = file.location(first[words]).line
                yield Hit(
                    at=placed(passage, block),
                    message=f"these {words.count(' ') + 1} words are on line {line} already",
                    fix="remove one of the two",
                    edits=_removal(file, passage, block),
                )
            else:
                first[words] = at


def _blocks(passage: Passage) -> Iterator[Span]:
    at = 0
    for block in passage.text.split("\n\n"):
        start = at + len(block) - len(block.lstrip())
        if block.strip():
            yield Span(start=start, end=at + len(block.rstrip()))
        at += len(block) + 2


def _removal(file: PromptFile, passage: Passage, block: Span) -> tuple[Edit, ...]:
    """The edit that removes a paragraph and the blank line before it."""
    if not passage.exact or file.body is None or block.start == 0:
        return ()
    before = len(passage.text[: block.start].rstrip())
    start, end = passage.offset(before - 1) + 1 if before else 0, passage.offset(block.end - 1) + 1
    return (Edit(start=start, end=end, text=""),) if before else ()
