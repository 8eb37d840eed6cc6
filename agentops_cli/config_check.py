"""What is wrong in one place that settings come from."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from agentops_cli.config_files import Layer
from agentops_cli.locate import Route
from agentops_cli.model.finding import Finding
from agentops_cli.patterns import SECRETS, find
from agentops_cli.validate import check, without

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SECRET_NAME = re.compile(
    r"(^|[-_.])(api[-_]?key|virtual[-_]key|access[-_]key|secret|token|password|passwd"
    r"|authorization|auth|cookie|credentials?)$",
    re.IGNORECASE,
)


def mistakes(layer: Layer) -> Iterator[Finding]:
    """Every mistake of a layer; those of a variable or flag name it and have no place."""
    document = layer.document
    if document.data is None:
        return  # An empty file, or one with comments only, says nothing.
    found = [*_secrets(layer), *_not_finite(layer)]
    for route, _ in found:
        # The rest is checked without them, so that no message shows a secret.
        document = replace(document, data=without(document.data, route))
    for finding in (*(finding for _, finding in found), *check(document, "config")):
        if layer.name is None:
            yield finding
        else:
            yield replace(finding, location=None, message=f"{layer.name}: {finding.message}")


def _secrets(layer: Layer) -> Iterator[tuple[Route, Finding]]:
    """Values that are keys, by their name or their look; the value itself is never shown."""
    for route, value in layer.leaves():
        if isinstance(value, str) and value and _is_secret(str(route[-1]), value):
            finding = Finding(
                rule="secret-in-file",
                message=f"{str(route[-1])!r} holds a key or a token",
                location=layer.document.key_at(route),
                fix="keys come from the environment only: set a variable and write its name,"
                " apiKeyEnv: NAME (and revoke this key if it was ever committed)",
            )
            yield route, finding


def _is_secret(name: str, value: str) -> bool:
    return bool(_SECRET_NAME.search(_CAMEL.sub("-", name)) or find(value, SECRETS))


def _not_finite(layer: Layer) -> Iterator[tuple[Route, Finding]]:
    """Infinity and "not a number", which a schema's comparisons let pass."""
    for route, value in layer.leaves():
        if isinstance(value, float) and not math.isfinite(value):
            finding = Finding(
                rule="bad-value",
                message=f"{str(route[-1])!r} must be a finite number, not {value}",
                location=layer.document.at(route),
                fix="leave it out for no limit",
            )
            yield route, finding
