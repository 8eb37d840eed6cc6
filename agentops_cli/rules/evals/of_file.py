"""The suites of the prompt that is being looked at."""

from collections.abc import Sequence

from agentops_cli.model.place import Location
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.suites import SuiteFacts, suites_named


def suites_of(file: PromptFile, project: Project) -> Sequence[SuiteFacts]:
    """The suites that name a prompt, those among them that it names itself."""
    suites = project.suites
    if suites is None or not (suites.all or "tests" in file.meta):
        return ()
    return suites.of(file.path, file.name, suites_named(file))


def whole_suites(file: PromptFile, project: Project) -> Sequence[SuiteFacts]:
    """The suites of a prompt if all of them are known whole; else none: nobody knows the rest."""
    found = suites_of(file, project)
    return () if any(suite.problem or suite.is_cut for suite in found) else found


def place_of_tests(file: PromptFile) -> Location:
    """Where to say what is wrong with the suites of a prompt as a whole."""
    return file.location(file.key_at("tests"))
