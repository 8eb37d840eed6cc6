"""`agentops prompt render`: what the model would really see, by the renderer of `eval`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentops_cli.diff.registered import Rendering, Sized
from agentops_cli.errors import EmptyError, InputError, UsageError
from agentops_cli.flows.registry.listing import Cases, cases_of
from agentops_cli.flows.registry.resolve import Resolved
from agentops_cli.flows.world import World
from agentops_cli.model.call import DEFAULT_MAX_TOKENS
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message, Prompt
from agentops_cli.model.settings import Config
from agentops_cli.model.suite import Case
from agentops_cli.prices import prices_of
from agentops_cli.prompt.render import Renderer
from agentops_cli.run.messages import messages_of
from agentops_cli.template.suggest import did_you_mean
from agentops_cli.tokens import count_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the user puts into a prompt: values by variable and a message, or a case of a suite.

    `suite` is the path of the one that is meant where several have the case. `model` stands in
    place of the first that the suite of the case names, and of the prompt's own.
    """

    vars: Mapping[str, str]
    input: str | None = None
    case: str | None = None
    suite: str | None = None
    model: str | None = None


def rendered(found: Resolved, given: Given, config: Config, world: World) -> Rendering:
    """The messages and the price. Raises `InputError` for whatever `eval` would refuse as well.

    A value is text where the prompt declares nothing else; else it is read as JSON.
    """
    renderer = found.renderer(world.monotonic)
    prompt = renderer.prompt
    suite: str | None = None
    model = given.model
    turns: Sequence[tuple[Message, ...]]
    if given.case is None:
        turns = (_alone(renderer, given),)
    else:
        of = cases_of(config, found.file, today=world.now().date())
        suite, case = _case(found, given.case, given.suite, of)
        turns = _of_case(renderer, case)
        model = model or next(iter(of.models.get(suite, ())), None)
    model = model or prompt.meta.model
    limit = prompt.meta.sampling.max_tokens
    return Rendering(
        name=prompt.name,
        version=prompt.meta.version,
        turns=tuple(
            tuple(
                Sized(message=message, tokens=count_tokens(message.content, model))
                for message in turn
            )
            for turn in turns
        ),
        model=model,
        price=prices_of(config).price_of(model) if model else None,
        max_tokens=limit or DEFAULT_MAX_TOKENS,
        is_limit_given=limit is not None,
        tools=prompt.tools,
        output_schema=prompt.output_schema,
        suite=suite,
    )


def _alone(renderer: Renderer, given: Given) -> tuple[Message, ...]:
    prompt = renderer.prompt
    values: dict[str, Json] = {
        name: _value(prompt, name, text) for name, text in given.vars.items()
    }
    if given.input is not None and not prompt.takes_user_input:
        values["input"] = given.input
    wrong = renderer.check(values)
    if wrong:
        raise InputError(
            Finding(rule=each.rule, message=each.message, location=prompt.location, fix=each.fix)
            for each in wrong
        )
    return renderer.render(values, user_input=given.input)


def _value(prompt: Prompt, name: str, text: str) -> Json:
    declared = (prompt.inputs or {}).get(name)
    kinds = declared.schema.get("type", "string") if declared else "string"
    if "string" in (kinds if isinstance(kinds, list) else [kinds]):
        return text
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = f"--var {name}: the prompt wants {kinds}, and {text[:80]!r} is no JSON: {error}"
        raise UsageError(problem, fix=f"write it as JSON: --var '{name}=[1, 2]'") from error
    return value


def _case(found: Resolved, wanted: str, suite: str | None, of: Cases) -> tuple[str, Case]:
    """The suite and the case of an id among the suites of the prompt."""
    cases = of.found
    named = [(path, case) for path, case in cases if case.id == wanted and suite in {None, path}]
    if not named:
        where = f" in {suite}" if suite else ""
        suites = ", ".join(dict.fromkeys(path for path, _ in cases))
        others = of.notes[0] if of.notes else "no suite names it"
        raise EmptyError(
            f"no suite of {found.file.name!r} has a case {wanted!r}{where}",
            fix=did_you_mean(wanted, (case.id for _, case in cases))
            or (f"its suites are {suites}" if suites and not of.notes else others),
        )
    if len(named) > 1:
        paths = " and ".join(path for path, _ in named)
        raise UsageError(f"the case {wanted!r} is in {paths}", fix="name one with --suite PATH")
    return named[0]


def _of_case(renderer: Renderer, case: Case) -> Sequence[tuple[Message, ...]]:
    problems: list[Finding] = []
    turns = messages_of(case, renderer, problems.append)
    if problems:
        raise InputError(problems)
    return turns
