"""What the tests of the command line hold in their hands."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any
from xml.etree import ElementTree as ET

from agentops_cli.errors import ExitCode


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: ExitCode
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Cli:
    """A project folder, and `agentops` run in it."""

    folder: Path
    run: Callable[..., Ended]

    def write(self, name: str, text: str) -> str:
        """Writes a file of the project and gives its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return name

    def suite(self, models: str = "openai/ok", *, number: int = 1, head: str = "") -> str:
        """Writes a suite of so many cases that the server `ok` passes."""
        cases = "\n".join(
            f"  - {{id: c{n}, input: 'say {n}-end', mustContain: ['{n}-end']}}"
            for n in range(number)
        )
        text = f"prompt: echo.prompt.md\nmodels: [{models}]\n{head}\ncases:\n{cases}\n"
        return self.write("s.yaml", text)

    def json(self, name: str = "r.json") -> Any:
        """A JSON file of the project."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def junit(self, name: str = "j.xml") -> ET.Element:
        """The root of a JUnit file of the project."""
        return ET.parse(self.folder / name).getroot()  # noqa: S314 # Our own file.
