"""The keys that the frontmatter of each convention knows, and what their values may be."""

from collections.abc import Mapping
from typing import Final, Literal

from agentops_cli.prompt.source import Kind

Shape = Literal["text", "texts", "flag", "number", "list", "mapping", "any"]
"""What a value is; `texts` is one text or a list of them."""

SETTINGS: Final[Mapping[str, Shape]] = {
    "temperature": "number",
    "top_p": "number",
    "top_k": "number",
    "max_tokens": "number",
    "seed": "number",
    "stop": "texts",
    "presence_penalty": "number",
    "frequency_penalty": "number",
}
"""Settings of any format, under our names."""

KEYS: Final[Mapping[Kind, Mapping[str, Shape]]] = {
    "copilot-prompt": {
        "name": "text",
        "description": "text",
        "agent": "text",
        "mode": "text",
        "model": "texts",
        "tools": "texts",
        "argument-hint": "any",
    },
    "copilot-instructions": {
        "name": "text",
        "description": "text",
        "applyTo": "texts",
        "excludeAgent": "texts",
    },
    "copilot-agent": {
        "name": "text",
        "description": "text",
        "tools": "any",
        "model": "texts",
        "argument-hint": "any",
        "user-invocable": "flag",
        "disable-model-invocation": "flag",
        "infer": "flag",
        "mcp-servers": "any",
        "handoffs": "list",
        "agents": "texts",
        "target": "text",
    },
    "skill": {
        "name": "text",
        "description": "text",
        "license": "text",
        "compatibility": "any",
        "metadata": "mapping",
        "allowed-tools": "texts",
        "argument-hint": "any",
        "context": "text",
        "model": "text",
        "user-invocable": "flag",
        "disable-model-invocation": "flag",
    },
    "claude-agent": {
        "name": "text",
        "description": "text",
        "tools": "any",
        "disallowedTools": "texts",
        "model": "text",
        "permissionMode": "text",
        "maxTurns": "number",
        "skills": "texts",
        "hooks": "mapping",
        "color": "text",
    },
    "claude-command": {
        "description": "text",
        "argument-hint": "any",
        "allowed-tools": "texts",
        "model": "text",
        "disable-model-invocation": "flag",
    },
    "cursor-rule": {"description": "text", "globs": "texts", "alwaysApply": "flag"},
    "dotprompt": {
        "name": "text",
        "variant": "text",
        "version": "text",
        "description": "text",
        "model": "text",
        "config": "mapping",
        "input": "mapping",
        "output": "mapping",
        "tools": "texts",
        "toolDefs": "list",
        "metadata": "mapping",
        "ext": "mapping",
        "raw": "mapping",
    },
    "prompty": {
        "name": "text",
        "displayName": "text",
        "id": "text",
        "kind": "text",
        "version": "text",
        "description": "text",
        "authors": "texts",
        "tags": "texts",
        "metadata": "mapping",
        "base": "text",
        "model": "text",
        "inputs": "any",
        "outputs": "any",
        "sample": "any",
        "tools": "any",
        "template": "any",
        "instructions": "text",
    },
    "github-models": {
        "name": "text",
        "description": "text",
        "model": "text",
        "modelParameters": "mapping",
        "responseFormat": "text",
        "jsonSchema": "any",
        "messages": "any",
        "testData": "list",
        "variables": "any",
        "evaluators": "list",
        "tools": "any",
    },
    "semantic-kernel": {
        "name": "text",
        "description": "text",
        "template": "any",
        "template_format": "any",
        "input_variables": "any",
        "output_variable": "mapping",
        "execution_settings": "mapping",
        "schema": "any",
        "type": "text",
        "input": "mapping",
        "allow_dangerously_set_content": "flag",
        "model": "text",
    },
    "llm-template": {
        "name": "text",
        "model": "text",
        "prompt": "any",
        "system": "any",
        "defaults": "mapping",
        "options": "mapping",
        "schema_object": "mapping",
        "extract": "flag",
        "extract_last": "flag",
        "fragments": "list",
        "system_fragments": "list",
        "attachments": "list",
        "attachment_types": "list",
        "tools": "list",
        "functions": "text",
    },
}
"""Read in the conventions' own documents, and from what real files hold, on 2026-11-23.

An `argument-hint` is written `[file]`, which YAML takes for a list.
"""

_SNAKE: Final = frozenset(
    ("temperature", "top_p", "max_tokens", "seed", "presence_penalty", "frequency_penalty", "stop")
)
_CAMEL: Final = frozenset(
    ("temperature", "topP", "topK", "maxTokens", "seed", "presencePenalty", "frequencyPenalty")
)

NESTED: Final[Mapping[Kind, Mapping[tuple[str, ...], frozenset[str]]]] = {
    "dotprompt": {
        ("config",): frozenset(
            ("temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "version")
        )
    },
    "prompty": {
        ("model", "parameters"): _SNAKE | {"response_format", "tool_choice"},
        ("model", "options"): (_CAMEL - {"maxTokens"}) | {"maxOutputTokens", "stopSequences"},
    },
    "github-models": {("modelParameters",): _CAMEL | {"stop"}},
    "semantic-kernel": {
        ("execution_settings", "*"): (_SNAKE - {"stop"})
        | {"stop_sequences", "model_id", "service_id", "response_format"}
    },
    "llm-template": {("options",): _SNAKE | {"top_k"}},
}
"""Where settings of the model stand deeper in a file, and those of them that most models take.

There are others, which only some models take. `*` stands for any key.
"""

EVERY_KEY: Final = frozenset(key for keys in KEYS.values() for key in keys)
"""The keys of all of them: what one convention borrows from another is no slip of the pen."""
