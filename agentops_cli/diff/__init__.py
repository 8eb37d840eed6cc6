"""What changed between two versions of the prompts, for whoever reviews it."""
