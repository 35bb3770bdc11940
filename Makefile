# Everything that is typed in this project; `make help` lists it. Needs Python 3.11 or newer, make, a package registry.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run curls test test-browser test-examples check format openapi clients lock bench try-image sbom clean clean-data

# Tests start many processes; without compiled files, each would spend seconds of CPU on compiling the project anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check

# Where `make run` listens. Set these on the command line; the environment's HOST and PORT mean other things.
HOST := 127.0.0.1
PORT := 8000

# `make test T="tests/domain -k limit"` runs a part, without the coverage floor that only the whole can reach.
T :=
# Of four test processes two usually wait, so two cores carry them. Each takes the next test as it ends one: tests that
# wait are begun first (tests/conftest.py), side by side, and what is left for the end is short.
JOBS := 4
# Where what is built goes.
DIST := dist
COVERAGE_FLOOR := 95

# The first that is new enough and complete wins, the oldest first; one that is named (PYTHON=python3.13) is taken, or none.
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python3.14 python)

# No header and no annotations: a lock file names no machine and no registry.
LOCK := pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

# The tests that hold the house rules (import directions, documentation, packaging, clients that know every field); quick,
# so `make check` has them too.
RULES := $(wildcard tests/test_architecture.py tests/test_docs.py tests/test_operations.py tests/test_packaging.py tests/clients/test_equality.py)

help: ## list what can be typed here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.developing ## install everything into .venv (run and test do it by themselves)

run: $(VENV)/.running ## serve the demo: PostgreSQL, a sample endpoint, curl lines to try (PORT=8001, HOST=0.0.0.0)
	@echo 'Starting (the first time takes a little longer) …' >&2
	@exec $(PY) -m app demo --host $(HOST) --port $(PORT)

curls: $(VENV)/.running ## print the curl lines of a demo that runs, for new tickets (PORT=8001)
	@exec $(PY) -m app demo --curls --host $(HOST) --port $(PORT)

test: $(VENV)/.developing ## run every test with coverage, or a part of them (T="tests/domain -k limit")
ifeq ($(strip $(T)),)
	$(PY) -m pytest -n $(JOBS) --dist load --maxschedchunk 1 --cov --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=$(COVERAGE_FLOOR)
else
	$(PY) -m pytest $(T)
endif

test-browser: $(VENV)/.developing ## try the pages in Chromium, which is installed where that is possible
	@scripts/browser
	$(PY) -m pytest tests/browser

test-examples: $(VENV)/.developing ## install and build the example endpoints, and hold each to the contract (needs npm)
	@scripts/examples
	$(PY) -m pytest -rP tests/examples

check: $(VENV)/.developing ## check format, lint, types, import rules, documentation and packaging
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(if $(RULES),$(PY) -m pytest -q $(RULES))

format: $(VENV)/.developing ## format the code and repair what the linter can
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

openapi: $(VENV)/.developing ## write openapi.yaml anew from the routes
	$(PY) -m scripts.write_openapi

clients: $(VENV)/.developing ## write the clients' bodies and operations anew from openapi.yaml
	$(PY) clients/generate.py

bench: $(VENV)/.developing ## measure CPU and added latency beside a bare floor (ARGS="--help" tells more)
	@exec $(PY) -m bench $(ARGS)

sbom: $(VENV)/.developing ## write what runs (CycloneDX) and under which licences to dist/, from the lock file
	@mkdir -p $(DIST)
	$(PY) -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
	    --output-file $(DIST)/sbom.cdx.json requirements/service.lock
	$(VENV)/bin/pip-licenses --format markdown --with-urls --order license --output-file $(DIST)/licences.md \
	    --packages $$(sed -n 's/==.*//p' requirements/service.lock)

try-image: $(VENV)/.developing ## execute every step of the Dockerfile in a clean Debian root, then serve (root, debootstrap)
	@exec $(PY) -m deploy.try_image $(ARGS)

lock: $(VENV)/.developing ## write the lock files anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	$(PY) -m uv $(LOCK) $(ARGS) --output-file requirements/service.lock pyproject.toml --extra tracing
	$(PY) -m uv $(LOCK) $(ARGS) --output-file requirements/demo.lock pyproject.toml --extra tracing --extra embedded
	$(PY) -m uv $(LOCK) $(ARGS) --output-file requirements/dev.lock pyproject.toml --all-extras --group dev
	echo pip | $(PY) -m uv $(LOCK) $(ARGS) --output-file requirements/pip.lock -

clean: ## remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* dist ./*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: ## remove what the demo has stored (stop it first)
	rm -rf .data

# Each stamp says that a step of the set-up is done; the step is done again when what it stands on changes.

# An environment of another version than the one that is named is made anew: nothing may pass on the wrong one.
ifneq ($(PYTHON),)
ifneq ($(shell "$(PYTHON)" --version 2>&1),$(shell $(PY) --version 2>&1))
.PHONY: $(VENV)/.made
endif
endif

# The pip that Python 3.11 brings takes three times as long as a newer one to find what a lock file names.
$(VENV)/.made:
	@for candidate in $(PYTHONS); do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        echo "Making an environment in $(VENV) with $$("$$candidate" --version)"; \
	        "$$candidate" -m venv --clear $(VENV) && touch $@; exit; \
	    fi; \
	done; \
	echo "No Python 3.11 or newer with venv and pip among: $(PYTHONS)" >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3-venv) or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
	exit 1
	@$(PIP) install --quiet --require-hashes --requirement requirements/pip.lock || echo 'It stays with the pip that it came with' >&2

$(VENV)/.running: requirements/demo.lock $(VENV)/.made
	@$(PY) scripts/install.py $<
	@touch $@

# All that runs the demo is among what tests it.
$(VENV)/.developing: requirements/dev.lock pyproject.toml support_context/pyproject.toml $(VENV)/.made
	@$(PY) scripts/install.py $<
	@$(PIP) install --quiet --no-build-isolation --no-deps -e . -e ./support_context
	@touch $(VENV)/.running $@
