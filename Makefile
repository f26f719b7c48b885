# `make demo` and `make test` are all a newcomer needs: both install what they need into .venv,
# once. Everything else runs inside that environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080

# uv does not read pip's variable for local wheels; without either this changes nothing.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python -c constraints.txt

.PHONY: demo test quick lint types unit format constraints clean help

help:
	@echo "make demo         install and run the bot against a local Slack page"
	@echo "make test         install, lint, type-check and run all tests"
	@echo "make quick        lint and run the tests that take milliseconds, in less than a minute"
	@echo "make lint types unit   the parts of make test"
	@echo "make format       format the code and mend what the linter can"
	@echo "make constraints  pin the newest versions that work together"
	@echo "make clean        remove the environment and caches"

demo: $(VENV)/.demo
	$(BIN)/faqbot demo --port $(PORT)

test: lint types unit

# Between two thoughts: what needs no model, no local Slack, no PostgreSQL and no training.
quick: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest -q -n 2 --quick $(TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# For the lowest Python that is supported, not the one at hand. What only a GPU build of torch
# needs is left out: it follows torch.
constraints: | $(UV)
	$(UV) pip compile pyproject.toml --all-extras --python-version 3.11.0 --upgrade \
		--no-annotate --no-header --quiet --output-file constraints.all
	grep -vE '^(nvidia-|triton|cuda-)' constraints.all > constraints.txt
	rm constraints.all

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "faqbot needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv

# The stamps remember what was installed for; a second make installs nothing.
$(VENV)/.demo: pyproject.toml constraints.txt | $(UV)
	$(INSTALL) -e '.[train,playground]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(UV)
	$(INSTALL) -e '.[dev]'
	touch $@ $(VENV)/.demo
