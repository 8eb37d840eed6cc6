"""`agentops prompt list`."""

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.options import Format
from agentops_cli.cli.registry import AsJson, opened, print_json, print_lines, say
from agentops_cli.flows.registry.listing import listing
from agentops_cli.reporters.registry import list_json, list_lines

app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command(name="list")
def list_prompts(output: Format = "text", as_json: AsJson = False) -> None:
    """List the prompts of the project: version, model, owner, status, tier, suites, last change."""
    project = opened()
    found = listing(project.registry, project.config, today=project.world.now().date())
    if as_json or output == "json":
        print_json(list_json(found, project.redact))
    else:
        print_lines(list_lines(found, project.redact))
        say(project, found.notes)
