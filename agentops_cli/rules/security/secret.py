"""A key, a token or a password is written in the file, and git keeps it after it is removed.

Whoever can read the repository has it, and so has whoever the prompt is sent to; a model repeats it
to a user who asks well. Revoke it first, then remove it: what was committed stays in the history.
Keys are known by the prefix that their issuer gives them, by their length, and by not being what
documentation writes; what is found is never printed. It makes no difference whether it stands in
code, in a quotation or in the frontmatter.

Quiet: for placeholders (`sk-xxxx`, `YOUR_KEY`, `AKIAIOSFODNN7EXAMPLE`, a key that is cut off by
dots), names of variables (`${API_KEY}`, `{{ key }}`), passwords for a host without a domain, as
those of containers are, and keys without a prefix of their own, which look like any other random
text.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.patterns import SECRETS, find, may_hold
from agentops_cli.patterns import Hit as Found
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.characters import long_words

# All other secrets are known by one long word.
_SPACED: Final = ("://", "PRIVATE KEY", "earer ")
_CUT: Final = ("...", "\u2026")
_LOCAL: Final = re.compile(
    r"@(?:127\.[\d.]+|0\.0\.0\.0|(?:[\w-]+\.)*(?:example|invalid|localhost|test)(?:\.\w+)?|[\w-]+)"
    r"(?![\w.-])"
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each secret of the file."""
    # Every secret is one long word, or begins with one, but for these two.
    suspects = "\n".join(long_words(file.text))
    if (
        "://" not in file.text
        and "PRIVATE KEY" not in file.text
        and not may_hold(suspects, SECRETS)
    ):
        return
    for found in find(file.text, SECRETS):
        if _is_shown(file.text, found):
            continue
        yield Hit(
            at=Span(start=found.start, end=found.end),
            message=f"a secret is written here (by its form: {found.kind})",
            fix="revoke it and remove it; what needs it should read it from the environment",
        )


def _is_shown(text: str, found: Found) -> bool:
    """Whether it only shows what such a secret looks like."""
    if found.kind == "url-credentials":
        return _LOCAL.match(text, found.end) is not None
    return text.startswith(_CUT, found.end)
