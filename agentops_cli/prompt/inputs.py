"""Whether a case gives a prompt the variables that it wants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Prompt
from agentops_cli.template.suggest import did_you_mean
from agentops_cli.user_schema import misfit


@dataclass(frozen=True, slots=True, kw_only=True)
class InputProblem:
    """One variable that a case gives wrongly or not at all; the caller knows where the case is."""

    rule: str
    name: str
    message: str
    fix: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """The names that a template reads; `optional` are those that it can do without."""

    variables: frozenset[str]
    optional: frozenset[str] = frozenset()


def check_inputs(
    prompt: Prompt, given: Mapping[str, Json], *, reads: Reads
) -> tuple[InputProblem, ...]:
    """What is wrong with the variables of one case; empty when it can be rendered.

    A prompt with an input schema takes the variables that it declares, each of its type. Without
    one it takes exactly what its template reads. `input`, the case's own, need not be declared
    where the prompt has a `user:` line and so takes it as a variable.
    """
    if not (given or reads.variables or prompt.inputs):
        return ()  # As of many prompts.
    problems = [*_unwanted(prompt, given, reads), *_missing(prompt, given, reads)]
    for name, declared in (prompt.inputs or {}).items():
        reason = misfit(declared.schema, given[name], name) if name in given else None
        if reason:
            fix = f"the type is declared at {declared.location}"
            problems.append(InputProblem(rule="wrong-type", name=name, message=reason, fix=fix))
    return tuple(problems)


def values_when_absent(prompt: Prompt, reads: Reads) -> Mapping[str, Json]:
    """What variables are that a case does not give.

    The file's defaults; null for others that are optional, unless the template has a default of
    its own, which needs them to be undefined.
    """
    optional = {name for name, declared in (prompt.inputs or {}).items() if not declared.required}
    return {**dict.fromkeys(optional - reads.optional), **prompt.defaults}


def implied_input(prompt: Prompt, reads: Reads) -> frozenset[str]:
    """`input` where it is a variable that need not be declared, else nothing."""
    return frozenset() if prompt.takes_user_input else reads.variables & {"input"}


def _unwanted(prompt: Prompt, given: Mapping[str, Json], reads: Reads) -> Iterator[InputProblem]:
    wanted = _wanted(prompt, reads)
    free = wanted - given.keys()
    for name in sorted(given.keys() - wanted):
        fix = did_you_mean(name, free)
        if name == "input":
            message = "the prompt has a 'user:' line, but does not use 'input' below it"
            fix = f"give {', '.join(sorted(free)) or 'nothing'} under 'vars' instead"
        elif prompt.inputs is None:
            message = f"the prompt does not use {name!r}"
            fix = fix or f"remove it, or write {{{{ {name} }}}} in the prompt"
        else:
            message = f"the prompt declares no variable {name!r}"
            fix = fix or "remove it, or declare it under input.schema"
        yield InputProblem(rule="unknown-variable", name=name, message=message, fix=fix)


def _missing(prompt: Prompt, given: Mapping[str, Json], reads: Reads) -> Iterator[InputProblem]:
    missing = sorted(_needed(prompt, reads) - given.keys() - prompt.defaults.keys())
    unwanted = given.keys() - _wanted(prompt, reads) if missing else ()
    for name in missing:
        message = f"the variable {name!r} is not given"
        fix = did_you_mean(name, unwanted) or f"give it under 'vars': {{{name}: …}}"
        if name == "input" and prompt.takes_user_input:
            fix = "put a line 'user:' before it in the prompt: only then 'input' is a variable"
        elif name == "input":
            fix = "give the case an 'input'"
        yield InputProblem(rule="missing-variable", name=name, message=message, fix=fix)


def _needed(prompt: Prompt, reads: Reads) -> frozenset[str]:
    if prompt.inputs is None:
        return reads.variables - reads.optional
    required = {name for name, declared in prompt.inputs.items() if declared.required}
    return (implied_input(prompt, reads) - reads.optional).union(required)


def _wanted(prompt: Prompt, reads: Reads) -> frozenset[str]:
    if prompt.inputs is None:
        return reads.variables
    return implied_input(prompt, reads).union(prompt.inputs)
