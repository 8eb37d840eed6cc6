"""The paths of the prompts that differ, one a line: where they are now, or were last."""

from typing import TextIO

from agentops_cli.reporters.diff.page import Page
from agentops_cli.reporters.wording import flat


def write(page: Page, out: TextIO) -> None:
    """Writes the paths, in the order of the page."""
    out.writelines(f"{flat(card.path)}\n" for card in page.cards)
