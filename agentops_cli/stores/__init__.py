"""What outlives a process: files and databases, behind the protocols of `ports`."""
