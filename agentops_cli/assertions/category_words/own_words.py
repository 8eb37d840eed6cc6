"""What in an answer is the agent's own statement; the rest is masked.

Not its own are code, tables, markup, quoted speech, block quotes, and the reasoning that some
models print before the answer. A mask keeps the length, so that offsets stay true.
"""

import re

# The stand-ins, from the private use area of Unicode.
CODE, SPEECH = "\ue000", "\ue001"

_REASONING = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>")
_CODE = re.compile(
    r"^[ \t]*(?P<fence>```|~~~).*?(?:(?P=fence)|\Z)"  # fenced, also when it never closes
    r"|`[^`\n]{1,300}`"
    r"|^[ \t]*\|[^\n]*\|[ \t]*$"
    r"|^[ \t]*(?:def|class|return|import|const|let|var|function)\b[^\n]*[(){}=;#][^\n]*$",
    re.DOTALL | re.MULTILINE,
)
# Three words at least: a shorter quotation is emphasis ("safe"), and its words are the agent's own.
_THREE_WORDS = r"(?=\w+\W+\w+\W+\w)"
_SPEECH = re.compile(
    r"^[ \t]*>[^\n]*"
    rf"|\"{_THREE_WORDS}[^\"\n]{{8,600}}\""
    rf"|\u201c{_THREE_WORDS}[^\u201d\n]{{8,600}}\u201d"
    # An apostrophe between letters does not close a quotation.
    rf"|(?<!\w)[\u2018']{_THREE_WORDS}(?:[^'\u2019\n]|(?<=\w)['\u2019](?=\w)){{8,600}}['\u2019](?!\w)",
    re.MULTILINE,
)
_NEARLY_ALL = 0.8


def mask_borrowed(text: str) -> str:
    """`text` with everything masked that is not the agent's own statement.

    An answer that is one quotation is left alone: some models put all they say in quotation marks.
    """
    text = _REASONING.sub(_blank, text)
    text = _TAG.sub(_blank, text)
    text = _CODE.sub(lambda found: CODE * len(found[0]), text)
    masked = _SPEECH.sub(lambda found: SPEECH * len(found[0]), text)
    return text if masked.count(SPEECH) > _NEARLY_ALL * len(text.strip()) else masked


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
