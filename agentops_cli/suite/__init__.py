"""One suite file: read it, expand its datasets, select from it."""
