"""`agentops prompt diff`: from refs to a report."""
