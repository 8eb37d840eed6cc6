"""A value is not of the type, or not one of the words, that its key takes.

What reads the prompt refuses such a value, or takes it for something else: a temperature in quotes
is text, a list of tools without brackets is one tool with a long name. The fix takes the quotes off
a number, writes `true` for `yes`, and makes a list of one item where a list is needed.

A warning in formats whose owners accept more than they document. There a key may hold a text or a
list of texts wherever either is documented.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.json import Json
from agentops_cli.prompt.conventions import KEYS, SETTINGS, Shape
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import named, place_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit, Safety
from agentops_cli.rules.scalars import replaced, route_at, written

_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_WORDS: Final = {"true": "true", "yes": "true", "on": "true"} | dict.fromkeys(
    ("false", "no", "off"), "false"
)
_SHAPES: Final[Mapping[Shape, tuple[type, ...]]] = {
    "text": (str, int, float),
    "texts": (str, list, int, float),
    "flag": (bool,),
    "number": (int, float),
    "list": (list,),
    "mapping": (dict,),
    "any": (object,),
}
_CALLED: Final[Mapping[Shape, str]] = {
    "text": "text",
    "texts": "text or a list",
    "flag": "true or false",
    "number": "a number",
    "list": "a list",
    "mapping": "a mapping",
    "any": "anything",
}


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What the schema of the native format refuses; elsewhere what its convention cannot mean."""
    if file.problems:
        for problem in named(file, "wrong-type", "bad-value", "not-supported-yet"):
            place = place_of(problem, file)
            edits, safety = _mending(file, problem)
            yield Hit(
                at=place,
                message=problem.message,
                fix=problem.fix or "write another value",
                edits=edits,
                safety=safety,
            )
    if file.kind in KEYS and file.document is not None:
        yield from _foreign(file, KEYS[file.kind])


def _foreign(file: PromptFile, keys: Mapping[str, Shape]) -> Iterator[Hit]:
    for key, value in file.meta.items():
        shape = keys.get(key) or SETTINGS.get(key)
        if shape is None or value is None or _fits(value, shape):
            continue
        yield Hit(
            at=file.location(file.value_at(key)),
            message=f"{key!r} must be {_CALLED[shape]}",
            fix=f"write {_CALLED[shape]}",
            severity=Severity.WARNING,
        )


def _fits(value: Json, shape: Shape) -> bool:
    if shape == "flag" and isinstance(value, str):
        return value.lower() in _WORDS
    if shape == "number" and isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, _SHAPES[shape])


def _mending(file: PromptFile, problem: Finding) -> tuple[tuple[Edit, ...], Safety]:
    """The edit that gives the value its type, where only one can be meant."""
    if problem.rule == "bad-value" or file.document is None or problem.location is None:
        return (), "safe"
    route = route_at(file, problem.location)
    if route is None:
        return (), "safe"
    span, text = written(file, route), file.document.text_at(route)
    if span is None or text is None:
        return (), "safe"
    if " must be true or false" in problem.message and text.lower() in _WORDS:
        certain = file.document.is_plain(route) or text.lower() in ("true", "false")
        return replaced(span, _WORDS[text.lower()]), "safe" if certain else "unsafe"
    if re.search(r" must be a (?:whole )?number,", problem.message):
        whole = "whole" in problem.message
        if _NUMBER.fullmatch(text) and not (whole and "." in text):
            return replaced(span, text), "safe"
    if " must be a list," in problem.message and re.fullmatch(r"[\w./*@-]+", text):
        return replaced(span, f"[{file.text[span.start : span.end]}]"), "unsafe"
    return (), "safe"
