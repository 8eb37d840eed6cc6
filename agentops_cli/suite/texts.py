"""Texts of a suite that are templates over a case."""

from collections.abc import Mapping

from agentops_cli.model.json import Json
from agentops_cli.template import Template, Templates


class Texts:
    """Renders texts over `input`, `vars` and `row`; one compiled template serves every row."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._compiled: dict[str, Template] = {}

    def rendered(self, value: Json, scope: Mapping[str, Json]) -> Json:
        """The value with every text in it rendered; raises `TemplateError`."""
        if isinstance(value, str):
            return self.text(value, scope)
        if isinstance(value, list):
            return [self.rendered(item, scope) for item in value]
        if isinstance(value, dict):
            return {key: self.rendered(item, scope) for key, item in value.items()}
        return value

    def text(self, source: str, scope: Mapping[str, Json]) -> str:
        """One text, rendered; raises `TemplateError`."""
        return self._template(source).render(scope) if is_template(source) else source

    def reads(self, source: str) -> frozenset[str]:
        """Which of the names a text uses; raises `TemplateError`."""
        return self._template(source).variables if is_template(source) else frozenset()

    def _template(self, source: str) -> Template:
        if source not in self._compiled:
            self._compiled[source] = self._templates.compile(source)
        return self._compiled[source]


def is_template(text: str) -> bool:
    """True when there is something to render in a text."""
    return "{{" in text or "{%" in text


def has_template(value: Json) -> bool:
    """True when there is something to render in any text of a value."""
    if isinstance(value, str):
        return is_template(value)
    if isinstance(value, list):
        return any(map(has_template, value))
    if isinstance(value, dict):
        return any(map(has_template, value.values()))
    return False
