"""The version as it is written in a file, for rules that raise it."""

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.scalars import written


def version_span(file: PromptFile) -> Span | None:
    """Where the version is written, quotes included; None where it is on no single line."""
    return written(file, file.routes["version"]) if "version" in file.routes else None


def version_at(file: PromptFile) -> Span:
    """Where the version is; the beginning of its value where it is on no single line."""
    at = file.value_at("version")
    return version_span(file) or Span(start=at, end=at)


def written_version(file: PromptFile, version: str) -> str:
    """A version in the quotes that the present one has; one without needs none."""
    span = version_span(file)
    mark = file.text[span.start] if span else ""
    return f"{mark}{version}{mark}" if mark in {"'", '"'} else version
