"""Eval runner and PromptOps toolkit for CI."""

__version__ = "0.1.0"
