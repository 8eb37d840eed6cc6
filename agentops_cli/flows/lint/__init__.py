"""`agentops prompt lint`: from paths to findings."""
