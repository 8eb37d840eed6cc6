"""The template cannot be read, so the prompt cannot be rendered.

A tag is not closed, closes nothing, or holds something that is no expression. The place is that of
the mistake itself; for a block that is never closed, of the tag that opens it. A role line within a
code fence that is never closed opens no message, which is told here too.

A warning for message lists of promptfoo, whose template language is only nearly Jinja.

Quiet: where PT005 or PT012 says better what is wrong.
"""

from collections.abc import Iterator

from agentops_cli.model.finding import Severity
from agentops_cli.model.place import Location
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.templates import literal_braces_json, wrong_engine


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What keeps the template from being compiled."""
    if file.problems:
        yield from of_reader(file, "unclosed-fence")
    for problem in file.template.problems:
        place = problem.location
        if problem.rule == "syntax" and place and not _is_explained(file, place):
            yield Hit(
                at=place,
                message=problem.message,
                fix=problem.fix or "mend the tag",
                severity=Severity.WARNING if file.kind == "promptfoo" else None,
            )


def _is_explained(file: PromptFile, place: Location) -> bool:
    at = file.offset(place)
    tags = (*wrong_engine.tags_in(file), *literal_braces_json.samples_in(file))
    return any(tag.start <= at < tag.end for tag in tags)
