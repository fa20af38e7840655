# The front door. `make run` and `make test` work on a fresh clone with Python 3.11.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PYTEST_OPTIONS ?=
# An empty database server that the tests may use; skipped when it is not there.
TEST_DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres

.PHONY: install run test lint bench clean

install: $(VENV)/portal.stamp

run: $(VENV)/portal.stamp
	@PORT=$(PORT) exec $(BIN)/python manage.py demo

test: $(VENV)/dev.stamp
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)
	$(BIN)/python -m tests.postgresql "$(TEST_DATABASE_URL)" $(PYTEST_OPTIONS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) var staticfiles

$(VENV)/portal.stamp: portal/requirements.txt exporter/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r portal/requirements.txt
	touch $@

$(VENV)/dev.stamp: $(VENV)/portal.stamp requirements-dev.txt trainer/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
