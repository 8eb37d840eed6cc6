"""Control characters make the text look other than a model reads it.

The characters U+202A to U+202E and U+2066 to U+2069 change the direction in which the text after
them is shown. A reviewer then reads the words in another order than the model does, and a
sentence can hide in what looks like a comment (the attack that is known as Trojan Source). Text of
languages written from right to left needs none of them. It makes no difference where they stand.

The fix removes them, which changes what the model is sent.

Source: CVE-2021-42574 and https://trojansource.codes, recalled, not verified again.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.characters import by_line, named, removed, stretch

_CONTROL: Final = re.compile("[\u202a-\u202e\u2066-\u2069]+")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each line with such characters."""
    if file.text.isascii():
        return
    for found in by_line(file, _CONTROL.finditer(file.text)):
        count = sum(len(each[0]) for each in found)
        others = f", and {count - 1} more on this line" if count > 1 else ""
        yield Hit(
            at=stretch(found[0]),
            message=f"{named(found[0][0][0])} changes the direction of the text{others}",
            fix="remove it",
            edits=removed(found),
        )
