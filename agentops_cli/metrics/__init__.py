"""The shelf of metrics: figures over a whole suite, and where each kind is written.

A kind is one class: its docstring is its documentation, its `schema` the shape of its arguments.
"""

BUILTIN = {
    "classification": "agentops_cli.metrics.classification:Classification",
    "extraction": "agentops_cli.metrics.extraction:Extraction",
}
