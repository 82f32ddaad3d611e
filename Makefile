# What a person types. What is made stands in .venv, node_modules and payouts/web/static, never outside the checkout.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
ARGS ?=
ONLY ?=
WORKERS ?= 2

# the code is compiled once, not by each of the many processes that a demo and the tests start
unexport PYTHONDONTWRITEBYTECODE

ENVIRONMENT := $(VENV)/made
PACKAGES := $(VENV)/packages-installed
PROJECT := $(VENV)/project-installed
NODE_PACKAGES := node_modules/packages-installed
ASSETS := payouts/web/static/.built
ASSET_SOURCES := $(shell find payouts/web/assets -type f 2>/dev/null)

.PHONY: help install demo test faults crawl search check bench lock screenshots

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(PROJECT) $(ASSETS) ## make .venv and the pages' assets: all that the rest needs

demo: install ## run a payroll from upload to notices, then leave the site up (ARGS=--once: stop when it is done)
	@$(BIN)/payouts demo $(ARGS)

test: install ## run every test, those in a real browser too (ARGS: for pytest)
	@chromium=$$(CHROMIUM='$(CHROMIUM)' scripts/find-chromium) && scripts/find-sshd >/dev/null \
	    && CHROMIUM="$$chromium" $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

faults: install ## run only the tests that kill, empty and cut off real processes
	@PAYOUTS_FAULT_SEEDS=$${PAYOUTS_FAULT_SEEDS:-4} PAYOUTS_FAULT_CREATES=$${PAYOUTS_FAULT_CREATES:-10000} \
	    PAYOUTS_FAULT_NOTICES=$${PAYOUTS_FAULT_NOTICES:-20000} PAYOUTS_KILL_EVERY=$${PAYOUTS_KILL_EVERY:-4} \
	    PAYOUTS_BANK_RUNS=$${PAYOUTS_BANK_RUNS:-25} PAYOUTS_GATE_SEQUENCES=$${PAYOUTS_GATE_SEQUENCES:-25} \
	    $(BIN)/pytest -m faults $(ARGS)

crawl: install ## look at every page at every stage, and at every form sent empty, in a real browser with axe
	@chromium=$$(CHROMIUM='$(CHROMIUM)' scripts/find-chromium) \
	    && CHROMIUM="$$chromium" PAYOUTS_CRAWL_EVERY=1 $(BIN)/pytest -n 0 tests/web/test_every_route_in_chromium.py $(ARGS)

search: install ## search the API for faults with many more made-up calls than the tests make (PAYOUTS_API_EXAMPLES=200)
	@PAYOUTS_API_EXAMPLES=$${PAYOUTS_API_EXAMPLES:-100} $(BIN)/pytest -n 0 tests/api/test_searched_for_faults.py $(ARGS)

check: install ## look for mistakes without running anything: style, types, which way imports point
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@cd clients/python && $(CURDIR)/$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install ## measure the large jobs, each module of benchmarks/ (ONLY=bacs_modulus: that one; ARGS: for it)
	@set -e; for module in $(or $(ONLY),$(basename $(notdir $(wildcard benchmarks/[a-z]*.py)))); do \
	    echo "benchmarks/$$module.py"; $(BIN)/python -m benchmarks.$$module $(ARGS); done

screenshots: install ## take the pictures of the pages that the README shows
	@chromium=$$(CHROMIUM='$(CHROMIUM)' scripts/find-chromium) \
	    && CHROMIUM="$$chromium" $(BIN)/python scripts/screenshots.py $(ARGS)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml

lock: $(ENVIRONMENT) ## choose versions anew where pyproject.toml asks for it (ARGS=--upgrade: everywhere)
	@test -x $(BIN)/uv || $(PIP) install uv
	@$(LOCK) $(ARGS) --output-file requirements/production.txt
	@$(LOCK) $(ARGS) --extra bench --extra build --extra embedded --extra test \
	    --constraint requirements/production.txt --output-file requirements/development.txt

# An environment that no longer runs (never made, its Python was removed or is too old) is made anew, stamps and all
RUNS := $(shell $(BIN)/python -c 'import sys, pip; print(sys.version_info >= (3, 11))' 2>/dev/null)
ifneq ($(RUNS),True)
.PHONY: $(ENVIRONMENT)
endif

$(ENVIRONMENT):
ifneq ($(RUNS),True)
	@python=$$(PYTHON='$(PYTHON)' scripts/find-python) && echo "Making $(VENV) with $$python" \
	    && "$$python" -m venv --clear $(VENV)
endif
	@touch $@

$(PACKAGES): requirements/development.txt $(ENVIRONMENT)
	@echo "Installing Python packages ..."
	@$(PIP) install --root-user-action=ignore --require-hashes --no-deps -r requirements/development.txt
	@touch $@

# setuptools is among the locked packages, so that building the project asks no registry for anything
$(PROJECT): pyproject.toml $(PACKAGES)
	@$(PIP) install --root-user-action=ignore --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_PACKAGES): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "Node.js 20 or later, with npm, is needed and was not found." >&2; \
	    echo "  Debian, Ubuntu:  apt-get install nodejs npm" >&2; \
	    echo "  macOS:           brew install node" >&2; exit 1; }
	@echo "Installing the pages' packages ..."
	@npm ci --silent
	@touch $@

$(ASSETS): $(NODE_PACKAGES) $(ASSET_SOURCES)
	@echo "Building the pages' assets ..."
	@npm run --silent build
	@touch $@
