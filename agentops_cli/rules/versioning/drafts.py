"""Prompts that are not published yet."""

from agentops_cli.prompt.source import PromptFile


def is_draft(*files: PromptFile) -> bool:
    """Whether all of the files are drafts, which may change as they like."""
    return all(file.meta.get("status") == "draft" for file in files)
