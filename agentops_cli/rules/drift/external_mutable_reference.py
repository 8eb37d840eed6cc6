"""The prompt has its rules from an address, or from a file outside of the repository.

Whoever can change that page changes the prompt, without a review and without a new version. A model
without a browser does not see it at all, and makes up what it may say.

Quiet: about links that are only named, also as `[the guidelines](https://…)`, or are to be given to
the user; about addresses that are pinned to a commit or a version; within code, quotations and
examples. The words are English.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_FOLLOW: Final = re.compile(
    r"\b(?:follow|obey|apply|comply with|adhere to|abide by|according to|conform to)\b"
    r"[^.\n]{0,40}?\b(?:rules?|instructions?|guidelines?|polic(?:y|ies)|conventions?|standards?"
    r"|style guide|requirements)\b[^.\n]{0,40}?(?<!\]\()(?P<url>https?://[^\s<>()\[\]\"'`]+)",
    re.IGNORECASE,
)
_PINNED: Final = re.compile(r"/[0-9a-f]{7,64}(?:/|$)|[@/]v?\d+\.\d+|\.html#|/rfc\d+", re.IGNORECASE)
_FILE: Final = re.compile(r"\$\{file:(?P<path>[^}\n]+)\}")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each rule that is elsewhere."""
    text = file.text
    if "http" in text:
        yield from _addresses(file)
    if file.kind == "prompty" and "${file:" in text:
        for found in _FILE.finditer(text):
            path = posixpath.join(posixpath.dirname(file.path), found["path"].strip())
            if posixpath.normpath(path).startswith(("../", "/")):
                yield Hit(
                    at=Span(start=found.start("path"), end=found.end("path")),
                    message=f"the file {found['path'].strip()!r} is outside of the repository",
                    fix="keep it beside the prompt",
                )


def _addresses(file: PromptFile) -> Iterator[Hit]:
    for passage in file.passages:
        if "http" not in passage.text:
            continue
        for found in _FOLLOW.finditer(passage.text):
            start = passage.offset(found.start("url"))
            is_own = file.markup.is_own_voice(passage.offset(found.start()))
            if not is_own or _PINNED.search(found["url"]):
                continue
            end = passage.offset(found.end("url") - 1) + 1 if passage.exact else start
            yield Hit(
                at=Span(start=start, end=end),
                message=f"what stands at {found['url']} can change without a review",
                fix="copy the rules into the prompt, or pin the address to a version",
            )
