# jackfield: `make` alone lists what there is.
SHELL := /bin/sh
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help run setup test check bench screenshots lock clean dev-setup

PY := .venv/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input

help: ## list the targets
	awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: setup ## open the patch bay on this host (without a terminal: print the tree)
	exec .venv/bin/jackfield

setup: .venv/installed ## install into .venv; leaves .venv/bin/jackfield
	$(PY) -m compileall -q model backend tui # as pip does with what it copies: else each start may compile it

test: dev-setup check ## everything that CI runs; as root it installs the system packages that tests need
	tests/install-packages >&2
	$(PY) -m tests.halves $(PYTEST_ARGS)

check: dev-setup ## lint, format, types and the contracts between the packages
	.venv/bin/ruff check --quiet
	.venv/bin/ruff format --check --quiet
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: dev-setup ## measure on 1,000 namespaces, beside other programs
	$(PY) -m tests.bench

screenshots: dev-setup ## draw the pictures in screenshots/ again
	$(PY) -m screenshots

lock: ## resolve the pinned versions anew (needs uv)
	set -e; export UV_CUSTOM_COMPILE_COMMAND='make lock'; \
	compile='uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url'; \
	$$compile pyproject.toml --group build --output-file requirements.lock; \
	$$compile pyproject.toml --group build --extra dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## remove what make made
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info

.venv/installed: pyproject.toml requirements.lock
	./make-venv .venv >&2
	$(PIP) install --require-hashes --requirement requirements.lock >&2
	$(PIP) install --no-deps --no-build-isolation --editable . >&2
	touch $@

dev-setup: .venv/dev-installed
.venv/dev-installed: .venv/installed requirements-dev.lock
	$(PIP) install --require-hashes --requirement requirements-dev.lock >&2
	touch $@
