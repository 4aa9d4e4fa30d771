# make demo   sets up .venv if need be and evolves two real functions, in about a minute
# make demo-gate  a sealed exam: an honest change, a cheating one, two signed decisions
# make test   the whole test suite            make check  format, lint, types, walls, dependencies
#             in two processes; ARGS="-n 0 tests/store" runs one folder in one
# make bench  every figure that docs/benchmarks.md claims
# make lock   writes the hashed requirement files anew from pyproject.toml

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo demo-gate test check format bench docs lock clean
.DELETE_ON_ERROR:

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Sigil needs Python 3.11 or later; name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV) (once) …"
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/run.stamp: requirements/build.lock requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@$(PIP) install --require-hashes -r requirements/build.lock
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/gate.stamp: requirements/gate.lock $(VENV)/run.stamp
	@$(PIP) install --require-hashes -r requirements/gate.lock
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/run.stamp
	@$(BIN)/python examples/demo.py

demo-gate: $(VENV)/gate.stamp
	@$(BIN)/python examples/demo_gate.py

# Bytecode is kept: every process that a test starts would compile what has changed since.
test: $(VENV)/dev.stamp
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(VENV)/dev.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/deptry src

format: $(VENV)/dev.stamp
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only --quiet .

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m bench $(ARGS)

docs: $(VENV)/dev.stamp
	@$(BIN)/mkdocs build --strict --quiet

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
lock:
	@printf 'hatchling>=1.27\neditables\n' | $(LOCK) - -o requirements/build.lock
	@$(LOCK) --extra rewrite pyproject.toml -o requirements/run.lock
	@$(LOCK) --extra gate --extra browser -c requirements/run.lock pyproject.toml -o requirements/gate.lock
	@$(LOCK) --all-extras --group dev --group docs -c requirements/run.lock -c requirements/build.lock pyproject.toml -o requirements/dev.lock

clean:
	rm -rf $(VENV) site .pytest_cache .ruff_cache .hypothesis
