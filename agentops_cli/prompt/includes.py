"""The files that a template includes."""

import posixpath
import re
from typing import TYPE_CHECKING

from agentops_cli.errors import UnreadableError
from agentops_cli.prompt.roles import mark_roles
from agentops_cli.template import TemplateError

if TYPE_CHECKING:
    from agentops_cli.ports import Source  # The page of all protocols knows nearly all values.


def included_path(prompt: str, name: str) -> str:
    """The path of what a prompt at a path takes in by a name, wherever the name is written."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(prompt), name))


class Includes:
    """Sources by the name in a tag, which is a path relative to the prompt's folder.

    A name may climb with `..`, but not out of the tree that the prompt was found in: a prompt from
    a stranger must not put the files of this machine before a model.
    """

    def __init__(self, source: "Source", prompt_path: str) -> None:
        self._source = source
        self._prompt = prompt_path
        climbs = re.match(r"(?:\.\./)*", posixpath.normpath(prompt_path))
        self._root = climbs[0] if climbs else ""
        if posixpath.isabs(prompt_path):
            self._root = f"{posixpath.dirname(prompt_path).rstrip('/')}/"

    def path_of(self, name: str) -> str:
        """The path of a name, as the source knows it."""
        return included_path(self._prompt, name)

    def load(self, name: str) -> str | None:
        """The source of a name with its role lines marked; None when there is no such file."""
        path = self.path_of(name)
        is_below = path.startswith(self._root) and not path[len(self._root) :].startswith("..")
        if posixpath.isabs(name) or not is_below:
            raise TemplateError(
                f"{name!r} leads out of the folder tree of the prompt",
                fix="name a file beside or below it",
            )
        if not self._source.glob(re.sub(r"([*?[])", r"[\1]", path)):
            return None
        try:
            return mark_roles(self._source.read(path).removeprefix("\ufeff"))
        except UnreadableError as error:
            raise TemplateError(error.message, fix=error.fix) from error
