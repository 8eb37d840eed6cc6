"""`agentops prompt render`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import Format
from agentops_cli.cli.registry import AsJson, Name, opened, print_json, print_lines, say
from agentops_cli.errors import UsageError
from agentops_cli.flows.registry.rendering import Given, rendered
from agentops_cli.reporters.registry import price_lines, render_json, render_lines

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command()
def render(
    name: Name,
    variables: Annotated[
        list[str] | None,
        typer.Option("--var", help="Give a variable: text, or JSON as declared.", metavar="K=V"),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--input", help="What the user says.", metavar="TEXT")
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="Take both from this case of a suite.", metavar="ID")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="The suite that has the case.", metavar="PATH")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Count and price for this model. Default: the suite's or the prompt's.",
            metavar="ID",
        ),
    ] = None,
    output: Format = "text",
    as_json: AsJson = False,
) -> None:
    """Print what the model would really see, with tokens and the price. No model is asked."""
    if case is not None and (variables or text is not None):
        raise UsageError("a case has its own variables", fix="leave out --var and --input")
    if suite is not None and case is None:
        raise UsageError("--suite names no case", fix="add --case ID")
    pairs = _pairs(variables or ())
    project = opened()
    given = Given(
        vars=pairs,
        input=text,
        case=case,
        suite=project.path(suite) if suite else None,
        model=model,
    )
    resolved = project.registry.resolve(project.wanted(name))
    found = rendered(resolved, given, project.config, project.world)
    if as_json or output == "json":
        print_json(render_json(found, project.redact))
    else:
        print_lines(render_lines(found, project.redact))
        say(project, price_lines(found))


def _pairs(typed: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in typed:
        name, is_given, value = each.partition("=")
        if not name or not is_given:
            raise UsageError(f"--var must be NAME=VALUE, not {each!r}")
        if name in found:
            raise UsageError(f"--var gives {name!r} twice")
        found[name] = value
    return found
