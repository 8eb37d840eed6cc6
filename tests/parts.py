"""Marks of tests that need a part which not every machine has."""

import pytest

from agentops_cli.gateways.embeddings import INSTALL, is_installed

skip_without_embeddings = pytest.mark.skipif(
    not is_installed(), reason=f"no embedding model: run {INSTALL}"
)
