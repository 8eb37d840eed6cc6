"""The user's own functions, run in processes of their own."""
