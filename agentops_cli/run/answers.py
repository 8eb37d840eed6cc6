"""Which assertions judge which answer of a case, and whether it counts on tools."""

from collections.abc import Iterator

from agentops_cli.model.suite import AssertionSpec, Case


def answers_of(case: Case) -> Iterator[tuple[AssertionSpec, ...]]:
    """The assertions of each answer of a case that is judged: of each turn, or of the only one."""
    if not case.turns:
        yield case.assertions
        return
    *before, last = case.turns
    for turn in before:
        yield turn.assertions
    yield (*last.assertions, *case.assertions)


def counts_on_tools(case: Case) -> bool:
    """True when a case may name tools, which few do."""
    return bool(case.stubs or case.faults or case.messages) or any(
        spec.kind == "toolCalls" for specs in answers_of(case) for spec in specs
    )
