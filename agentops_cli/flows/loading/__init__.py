"""Prompts for applications at run time."""
