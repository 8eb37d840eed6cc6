"""The plugin for pytest: `pytest evals/` collects suites, one item a case.

It is loaded into every pytest of the environment, so that it imports nothing heavy before a session
names a YAML file, or a folder with one.
"""

from agentops_cli.pytest_plugin.hooks import (
    pytest_addoption,
    pytest_collect_file,
    pytest_collection_finish,
    pytest_collectstart,
    pytest_configure,
    pytest_report_collectionfinish,
    pytest_report_teststatus,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
)

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_collection_finish",
    "pytest_collectstart",
    "pytest_configure",
    "pytest_report_collectionfinish",
    "pytest_report_teststatus",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
]
