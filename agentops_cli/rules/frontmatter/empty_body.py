"""The file has frontmatter and no text below it, so there is nothing to send to a model.

Often the second `---` was forgotten somewhere above, or the text was lost in a merge.

Quiet: for formats whose text is a value in YAML; for partials, whose names begin with `_`; for an
empty file that is not a prompt by its name.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What the reader found empty; of other formats a body of blanks."""
    if (file.passages and not file.problems) or PurePosixPath(file.path).name.startswith("_"):
        return
    if found := list(of_reader(file, "empty-body")):
        yield from found if file.block is not None or file.kind == "plain" else ()
    elif file.block and file.body and not file.text[file.body.start : file.body.end].strip():
        at = file.location(file.block.end)
        yield Hit(at=at, message="the file has no text", fix="write it below the second '---'")
