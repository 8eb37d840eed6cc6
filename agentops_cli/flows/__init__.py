"""One function per command: the steps of each job, with the world handed in."""
