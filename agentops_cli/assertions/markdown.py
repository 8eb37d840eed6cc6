"""Answers are Markdown more often than not; what is code in them is no prose."""

import re

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def without_code(text: str) -> str:
    """The text with blanks in place of code, so that the rest stands where it stood.

    A block that is never closed reaches to the end, as in an answer that was cut off.
    """
    return _CODE.sub(lambda match: " " * len(match.group()), text) if "`" in text else text
