"""The parts of a suite that a metric is also measured on."""

from agentops_cli.model.json import Json
from agentops_cli.model.suite import Case

NO_VALUE = "(none)"


def slices_of(case: Case, by: str) -> tuple[str, ...]:
    """The slices that a case is in, such as `lang:de`; `lang:(none)` when it names none.

    Tags `lang:…` come first; only a case without any is sorted by its column.
    """
    prefix = f"{by}:"
    values = sorted(tag.removeprefix(prefix) for tag in case.tags if tag.startswith(prefix))
    values = values or [_text(case.row.get(by))]
    return tuple(f"{prefix}{value.strip() or NO_VALUE}" for value in values)


def _text(value: Json) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
