"""A prompt file: reading it, and rendering it for a case."""
