"""A prompt as text that is easily compared: its frontmatter key by key, then its messages."""

import json
from collections.abc import Iterator

from agentops_cli.model.json import Json
from agentops_cli.prompt.source import PromptFile


def flattened(file: PromptFile) -> str:
    """The text. Keys stand in the order of their paths, however the file writes them.

    The body is as it is; where the format has none, the messages stand under their roles. A file
    with mistakes is given whole: nothing that changed may be left out.
    """
    if file.document is None or file.problems:
        return file.text
    lines = [f"{path}: {value}" for path, value in sorted(_leaves("", dict(file.meta)))]
    if file.body is not None:
        return "\n".join((*lines, "", file.text[file.body.start :]))
    for passage in file.passages:
        lines += ("", f"{passage.role or 'text'}:", passage.text.removesuffix("\n"))
    return "\n".join((*lines, ""))


def _leaves(path: str, value: Json) -> Iterator[tuple[str, str]]:
    """The values by their paths; of a text every line is shown as one."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, part)
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from _leaves(f"{path}[{index}]", part)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
