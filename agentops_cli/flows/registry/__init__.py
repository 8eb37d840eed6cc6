"""The prompts of a project and their history in git."""
