"""The shelf of assertions: what can be asserted of one answer, and where each kind is written.

A kind is one class: its docstring is its documentation, its `schema` the shape of its arguments.
"""

BUILTIN = {
    "citations": "agentops_cli.assertions.citations:Citations",
    "contains": "agentops_cli.assertions.text:Contains",
    "cost": "agentops_cli.assertions.limits:Cost",
    "endsWith": "agentops_cli.assertions.text:EndsWith",
    "equals": "agentops_cli.assertions.text:Equals",
    "expectedCategory": "agentops_cli.assertions.category:ExpectedCategory",
    "finishReason": "agentops_cli.assertions.limits:FinishReason",
    "json": "agentops_cli.assertions.structure:Json",
    "jsonPath": "agentops_cli.assertions.structure:JsonPath",
    "jsonSchema": "agentops_cli.assertions.json_schema:JsonSchema",
    "language": "agentops_cli.assertions.language:Language",
    "latency": "agentops_cli.assertions.limits:Latency",
    "length": "agentops_cli.assertions.limits:Length",
    "levenshtein": "agentops_cli.assertions.levenshtein:Levenshtein",
    "mustContain": "agentops_cli.assertions.text:MustContain",
    "mustNotContain": "agentops_cli.assertions.text:MustNotContain",
    "noPii": "agentops_cli.assertions.safety:NoPii",
    "noPromptLeak": "agentops_cli.assertions.safety:NoPromptLeak",
    "noSecrets": "agentops_cli.assertions.safety:NoSecrets",
    "oneOf": "agentops_cli.assertions.text:OneOf",
    "regex": "agentops_cli.assertions.text:Regex",
    "rubric": "agentops_cli.assertions.rubric:Rubric",
    "script": "agentops_cli.assertions.script:Script",
    "similar": "agentops_cli.assertions.similar:Similar",
    "startsWith": "agentops_cli.assertions.text:StartsWith",
    "tokens": "agentops_cli.assertions.limits:Tokens",
    "toolCalls": "agentops_cli.assertions.tool_calls:ToolCalls",
    "wordCount": "agentops_cli.assertions.limits:WordCount",
}

NEEDS_JUDGE = frozenset({"rubric"})
"""Kinds that cannot do without a judge."""

MAY_ASK_JUDGE = NEEDS_JUDGE | {"expectedCategory"}
"""Kinds that ask the judge, if there is one, always or when they cannot tell by themselves."""
