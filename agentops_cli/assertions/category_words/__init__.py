"""Workshop of the category classifier: reading an answer, and the grammars of what it does."""
