"""Mistakes that the reader of a file has found already: what a run refuses, the linter reports."""

from collections.abc import Iterator

from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.rule import Hit


def of_reader(file: PromptFile, *names: str) -> Iterator[Hit]:
    """The reader's problems of these names, as hits."""
    for problem in named(file, *names):
        yield Hit(at=place_of(problem, file), message=problem.message, fix=problem.fix or "mend it")


def named(file: PromptFile, *names: str) -> Iterator[Finding]:
    """The reader's problems of these names."""
    return (problem for problem in file.problems if problem.rule in names)


def place_of(problem: Finding, file: PromptFile) -> Location:
    """Where a problem is, to the column; the reader knows of some only the line, or the file."""
    place = problem.location or Location(path=file.path)
    return place if place.column else file.location(file.offset(place))
