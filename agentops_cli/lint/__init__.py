"""The linter: which rules run on which files, and what becomes of what they say."""
