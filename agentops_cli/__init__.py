"""Eval runner and PromptOps toolkit for CI."""

from agentops_cli.loading import load_prompt

__all__ = ["load_prompt"]

__version__ = "0.1.0"
