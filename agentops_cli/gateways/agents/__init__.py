"""Agents under test: servers, Python functions and programs, called as a model is.

`gateway.Agents` answers requests, `preflight.preflight` tells before the run what cannot work, and
`fixtures.Fixtures` runs the commands around trials. Import them late: a client is slow to load.
"""
