"""JSON stands in the prompt with doubled braces, which Jinja reads as a tag.

`{{"name": "…"}}` is how JSON is written for Python's `str.format`; here it is an error, or worse,
an expression. Single braces are only text to Jinja. The fix writes those.

The rule looks into code fences too, for so does Jinja.

Quiet: within `{% raw %}` and comments.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markdown import holds
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.templates.wrong_engine import blind_spots

_SAMPLE: Final = re.compile(r"\{\{\s*+(?:\"[^\"\n{}]*+\"|'[^'\n{}]*+')\s*+:")
_STEP: Final = re.compile(r"\{\{\s*+[^\W\d]\w*+\s*+\}\}|\{\{|\}\}|\"(?:[^\"\\\n]|\\.)*+\"")
_LONGEST: Final = 20_000


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each sample that is read as a tag."""
    for span in samples_in(file):
        yield Hit(
            at=span,
            message="the braces of this JSON are doubled, so it is read as a tag",
            fix="write single braces, which are only text here",
            edits=tuple(_single(file, span)),
        )


def samples_in(file: PromptFile) -> Iterator[Span]:
    """The stretches of such samples."""
    if file.engine != "jinja2" or "{{" not in file.text:
        return
    for passage in file.passages:
        done = 0
        blind = None
        for found in _SAMPLE.finditer(passage.text):
            blind = blind_spots(passage.text) if blind is None else blind
            if found.start() < done or holds(blind, found.start()):
                continue
            done = _end(passage.text, found.start())
            if passage.exact:
                start = passage.offset(found.start())
                yield Span(start=start, end=passage.offset(done - 1) + 1)


def _end(text: str, start: int) -> int:
    """Where a sample ends; where its first line does if its braces do not match."""
    depth = 0
    for step in _STEP.finditer(text, start, start + _LONGEST):
        if step[0] == "{{":
            depth += 1
        elif step[0] == "}}":
            depth -= 1
            if depth == 0:
                return step.end()
    line = text.find("\n", start)
    return line if line >= 0 else len(text)


def _single(file: PromptFile, span: Span) -> Iterator[Edit]:
    steps = [
        step for step in _STEP.finditer(file.text, span.start, span.end) if step[0] in ("{{", "}}")
    ]
    opened = sum(1 if step[0] == "{{" else -1 for step in steps)
    if opened == 0:
        for step in steps:
            yield Edit(start=step.start(), end=step.end(), text=step[0][0])
