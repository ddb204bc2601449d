# Two commands matter: `make run` and `make test`. Both work on a fresh Debian or Ubuntu with Python 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q

.PHONY: run test lint stress bench clean lock parts

run: $(VENV)/run.stamp
	@$(BIN)/medic run --config examples/quickstart/medic.yml

test: $(VENV)/dev.stamp lint $(if $(MEDIC_TEST_ALL),parts)
	$(PYTEST) -n 2

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

stress: $(VENV)/dev.stamp parts
	$(PYTEST) -m stress -s --timeout 3600

bench: $(VENV)/dev.stamp parts
	$(BIN)/python -m bench

# The real programs that tests meet; their services are kept from starting.
parts: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.install

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || sh scripts/venv.sh $(PYTHON) $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Medic into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Renews the pinned versions (needs uv).
lock:
	uv pip compile -q --universal --no-header --no-emit-index-url --generate-hashes pyproject.toml --group build -o requirements.lock
	uv pip compile -q --universal --no-header --no-emit-index-url --generate-hashes pyproject.toml --all-extras --group build --group dev --group bench -o requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache examples/quickstart/state
