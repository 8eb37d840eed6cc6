"""Personal data is written in the prompt, and every call sends it to the provider.

An address, a telephone number, a card, an account or a social security number of somebody goes to
the provider with every call, stands in its logs, and comes out again when a user asks for it. Use
an invented value, or a variable. What is found is never printed.

Quiet: for the frontmatter, whose `author` and `owners` are people; in code, quotations and
examples; for domains of documentation, addresses of roles such as `support@…`, the numbers that
processors of cards publish for tests, 555 and toll-free numbers. Numbers must pass their check
digits where they have any. There is no look-up of names.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.patterns import PII, find
from agentops_cli.patterns import Hit as Found
from agentops_cli.prompt.markup import is_spoken, placed
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_INVENTED: Final = re.compile(
    r"@(?:(?:[\w-]+\.)*(?:acme|company|domain|example|test)\w*\.\w+|(?:corp|email|mail)\.\w+"
    r"|(?:my|your|some)[\w-]*\.\w+)$"
    r"|^(?:(?:john|jane)[._]?(?:doe|smith)?|jdoe|foo|bar|alice|bob)\d*@",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(
    r"(?<![a-z])(?:support|admin|info|help|service|team|list|request|owner|bounce|notification|alert"
    r"|report|security|utilitie|eutilitie|api|bot|dev|ops|sale|order|billing|press|new|contact|hello"
    r"|feedback|noc|abuse|reply|desk|helpdesk|office|legal|privacy|compliance|incident|oncall|care"
    r"|escalation|customer|user|test|your|my|name|it|hr|finance|marketing)s?(?![a-z])(?=.*@)",
    re.IGNORECASE,
)


_BEHIND_SCHEME: Final = re.compile(r"://\S{0,200}$")
_BEFORE_PATH: Final = re.compile(r":\S")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each piece of personal data that the prompt itself says."""
    for passage in file.passages:
        for found in find(passage.text, PII):
            if not _is_nobodys(passage.text, found) and is_spoken(file, passage, found.start):
                yield Hit(
                    at=placed(passage, Span(start=found.start, end=found.end)),
                    message=f"personal data is written here (by its form: {found.kind})",
                    fix="use an invented value, or a variable",
                )


def _is_nobodys(text: str, found: Found) -> bool:
    """Whether an address is invented, of a role, or the log-in of a machine."""
    if found.kind != "email":
        return False
    written = text[found.start : found.end]
    return (
        _INVENTED.search(written) is not None
        or _ROLE.search(written) is not None
        or _BEFORE_PATH.match(text, found.end) is not None
        or _BEHIND_SCHEME.search(text, max(found.start - 200, 0), found.start) is not None
    )
