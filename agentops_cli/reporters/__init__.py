"""What is written about a finished run, one file for each kind of report.

Reporters decide nothing: they put in words what `RunResult` holds. Text that a model, a suite or a
prompt brought along is hostile until it is escaped; each format does so in one place.
"""

BUILTIN = {
    "junit": "agentops_cli.reporters.junit:JUnit",
    "json": "agentops_cli.reporters.run_json:RunJson",
    "md": "agentops_cli.reporters.markdown:Markdown",
    "cost-json": "agentops_cli.reporters.cost:CostJson",
    "cost-md": "agentops_cli.reporters.cost:CostMarkdown",
}
