"""Well-formed XML, written as it comes: no tree in memory, no character that XML 1.0 forbids."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from agentops_cli.reporters.wording import visible

Attribute = str | int | None

_PLAIN = re.compile(r"[\w .,:/()\[\]-]*", re.ASCII)


class XmlWriter:
    """Elements one inside the other, each on a line of its own.

    Attributes that are None are left out; the others and all text are made visible and escaped.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._indent = ""
        out.write('<?xml version="1.0" encoding="utf-8"?>\n')

    @contextmanager
    def element(self, tag: str, /, **attributes: Attribute) -> Iterator[None]:
        """An element around whatever is written in the block."""
        self._out.write(f"{self._indent}<{tag}{_written(attributes)}>\n")
        self._indent += "  "
        yield
        self._indent = self._indent[:-2]
        self._out.write(f"{self._indent}</{tag}>\n")

    def leaf(self, tag: str, text: str = "", /, **attributes: Attribute) -> None:
        """An element that holds text or nothing."""
        head = f"{self._indent}<{tag}{_written(attributes)}"
        self._out.write(f"{head}>{escape(visible(text))}</{tag}>\n" if text else f"{head}/>\n")


def _written(attributes: Mapping[str, Attribute]) -> str:
    return "".join(
        [
            f" {name}={_quoted(str(value))}"
            for name, value in attributes.items()
            if value is not None
        ]
    )


def _quoted(text: str) -> str:
    """The value of an attribute; most have nothing in them that would have to be looked for."""
    return f'"{text}"' if _PLAIN.fullmatch(text) else quoteattr(visible(text))
