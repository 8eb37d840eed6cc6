"""How files are to be stored, as `.gitattributes` says."""

from typing import Protocol


class Attributes(Protocol):
    """The attributes of a project's files."""

    def has_windows_lines(self, path: str) -> bool:
        """Whether git is told to check the file out with the line ends of Windows."""
        ...
