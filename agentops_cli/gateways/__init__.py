"""What answers requests.

`BUILTIN` is the table of a `Registry("agentops.gateways", BUILTIN, noun="gateway")`: clients that
are opened from settings. Cassettes and scripts are opened from data, so they are not in it.
"""

BUILTIN = {
    "embeddings": "agentops_cli.gateways.embeddings:Embeddings",
    "litellm": "agentops_cli.gateways.litellm:LiteLLM",
    "local": "agentops_cli.gateways.local:Local",
    "openai_chat": "agentops_cli.gateways.openai_chat:OpenAIChat",
}
