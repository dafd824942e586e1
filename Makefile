# The portal's commands. `make` lists them; `make run` and `make test` need Python 3.11+, git and make, nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PORT ?= 5000
PYTEST_ARGS ?=
BIN := .venv/bin
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
# The first of these that is 3.11 or newer; looked for only when there is something to install.
FIND_PYTHON = for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done
ifeq ($(UV),uv)
MAKE_VENV = [ -x $(BIN)/python ] || uv venv -q --python '>=3.11' .venv
INSTALL = uv pip install -q --python $(BIN)/python
else
MAKE_VENV = [ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || { python=$$($(FIND_PYTHON)); \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed." >&2; exit 1; }; \
	"$$python" -m venv .venv || { echo "Python's venv module is needed (Debian: python3-venv)." >&2; exit 1; }; }
INSTALL = $(BIN)/python -m pip install -q --disable-pip-version-check
endif
SCRIPTS := $(wildcard portal/static/js/modules/*.js)

.PHONY: help setup run test check docs bench assets lock clean

help: ## list these commands
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1 /' | awk '{n=$$1; $$1=""; printf "  make %-8s%s\n", n, $$0}'

setup: .venv/.dev portal/static/vendor/manifest.json ## install everything that running and testing need

run: .venv/.run portal/static/vendor/manifest.json ## serve the demo at http://127.0.0.1:5000 (PORT= changes it)
	@mkdir -p instance
	@export PORTAL_ENV=demo PORTAL_BASE_URL="$${PORTAL_BASE_URL:-http://127.0.0.1:$(PORT)}" && \
	$(BIN)/portal db upgrade && \
	$(BIN)/portal demo && \
	exec $(BIN)/portal serve --host 127.0.0.1 --port $(PORT)

test: setup ## run every test for which this machine has the service (PYTEST_ARGS= adds arguments)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: setup ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup ## Write docs/generated/ from the code
	.venv/bin/python -m docs.generate

bench: setup ## measure; the ratios are explained in docs/performance.md
	$(BIN)/python -m benchmarks

assets: .venv/.run ## build the browser code again
	@sh assets/setup.sh

lock: ## resolve requirements*.in again, within their bounds (needs uv)
	for set in requirements requirements-dev requirements-node; do \
		uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header $(LOCK_ARGS) $$set.in -o $$set.txt || exit 1; \
	done

clean: ## remove what setup and the checks made; the demo's data in instance/ stays
	rm -rf .venv node_modules portal/static/vendor *.egg-info build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.run: requirements.txt pyproject.toml
	@echo "Setting up Python packages in .venv"
	@$(MAKE_VENV)
	@$(INSTALL) --require-hashes -r requirements.txt
	@$(INSTALL) --no-deps -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "Setting up the tools of tests and checks in .venv"
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

portal/static/vendor/manifest.json: package-lock.json assets/build.mjs assets/setup.sh $(SCRIPTS) | .venv/.run
	@sh assets/setup.sh
