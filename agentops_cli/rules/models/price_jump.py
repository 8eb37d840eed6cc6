"""A call costs half as much again as it did, or more, and nobody may have meant that.

Compared with the base: the tokens of the prompt's own text at the price of input, and `max_tokens`,
or 500 where it is not given, at the price of output.

Quiet: where either model has no known price; where it is no more than a tenth of a cent a call.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from agentops_cli.catalog import Catalog
from agentops_cli.model.money import Usage
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.lengths import tokens_of
from agentops_cli.rules.models.named import models_in, place_of_model
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_JUMP: Final = Decimal("1.5")
_NOTHING: Final = Decimal("0.001")
_ANSWER: Final = 500


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first model, against that of the base."""
    if project.models is None or project.history is None:
        return
    models = models_in(file)
    before = project.history.before(file) if models else None
    if before is None:
        return
    old, new = _cost(before, project.models), _cost(file, project.models)
    if old is None or new is None or not old or new < old * _JUMP or new <= _NOTHING:
        return
    times = f"{new / old:.1f} times"
    yield Hit(
        at=place_of_model(file, models[0]),
        message=f"a call costs about ${new:.4f}, {times} the ${old:.4f} of {project.history.base}",
        fix="say in the pull request that this is meant, or choose a cheaper model",
    )


def _cost(file: PromptFile, catalog: Catalog) -> Decimal | None:
    models = models_in(file)
    price = catalog.price_of(models[0]) if models else None
    if price is None:
        return None
    limit = file.meta.get("max_tokens")
    answer = limit if isinstance(limit, int) and limit > 0 else _ANSWER
    usage = Usage(input_tokens=tokens_of(file, models[0]).count, output_tokens=answer)
    return price.cost_of(usage)
