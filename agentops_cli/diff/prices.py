"""What 1,000 calls of a prompt cost, and what is assumed of a call."""

from dataclasses import dataclass
from typing import Final

from agentops_cli.diff.values import Price, Size
from agentops_cli.model import money
from agentops_cli.model.money import Usage
from agentops_cli.prompt.meta import read_max_tokens
from agentops_cli.prompt.source import PromptFile

CALLS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualCall:
    """The input tokens of the case in the middle, of so many that were rendered."""

    input_tokens: int
    cases: int


def price_of(
    file: PromptFile,
    size: Size,
    *,
    model: str,
    price: money.Price | None,
    usual: UsualCall | None,
) -> Price:
    """The price of 1,000 calls; without a usual call, of the prompt as it is, variables empty.

    Every answer is as long as it may be: by the prompt's `max_tokens`, or else the cap of `eval`.
    """
    input_tokens = usual.input_tokens if usual else size.total.count
    most = read_max_tokens(dict(file.meta))
    output_tokens = _cap() if most is None else most
    input_usd = output_usd = None
    if price is not None:
        asked = price.cost_of(Usage(input_tokens=input_tokens))
        whole = price.cost_of(Usage(input_tokens=input_tokens, output_tokens=output_tokens))
        input_usd, output_usd = asked * CALLS, (whole - asked) * CALLS
    return Price(
        model=model,
        input_tokens=input_tokens,
        static_tokens=min(size.static.count, input_tokens),
        output_tokens=output_tokens,
        input_usd=input_usd,
        output_usd=output_usd,
        assumed=(_of_input(usual, input_tokens), _of_output(most, output_tokens)),
    )


def _cap() -> int:
    from agentops_cli.model.call import DEFAULT_MAX_TOKENS  # Nothing else of a call is needed.

    return DEFAULT_MAX_TOKENS


def _of_input(usual: UsualCall | None, tokens: int) -> str:
    if usual is None:
        return f"input: {tokens:,} tokens, all variables empty, as no case could be rendered"
    cases = "the only case" if usual.cases == 1 else f"the median of {usual.cases:,} cases"
    return f"input: {tokens:,} tokens, {cases}"


def _of_output(most: int | None, tokens: int) -> str:
    if most is None:
        return f"output: {tokens:,} tokens, the cap of eval, as the prompt sets no max_tokens"
    return f"output: {tokens:,} tokens, its max_tokens"
