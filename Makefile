# The front door. `make run` and `make test` work on a fresh clone with Python 3.11.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
# A test process a core.
PYTEST_OPTIONS ?= -n auto
# How many cases `make fuzz` tries on each address of the API.
FUZZ_CASES ?= 2000
# An empty database server that the tests may use; skipped when it is not there.
TEST_DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres

.PHONY: install run test test-real lint fuzz bench messages clean

install: $(VENV)/portal.stamp

run: $(VENV)/portal.stamp
	@PORT=$(PORT) exec $(BIN)/python manage.py demo

test: $(VENV)/dev.stamp $(VENV)/fuzz.stamp
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)
	$(BIN)/python -m tests.postgresql "$(TEST_DATABASE_URL)" $(PYTEST_OPTIONS)

# Every file in ../shared, one by one: long.
test-real: $(VENV)/dev.stamp
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -v --show-capture=no -m real tests/real

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.house

fuzz: $(VENV)/dev.stamp $(VENV)/fuzz.stamp
	LEAFLINE_FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest tests/portal/api/test_fuzz.py --show-capture=no

messages: $(VENV)/dev.stamp
	$(BIN)/python -m tests.catalogue

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) var staticfiles

$(VENV)/portal.stamp: portal/requirements.txt exporter/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r portal/requirements.txt
	touch $@

$(VENV)/dev.stamp: $(VENV)/portal.stamp requirements-dev.txt requirements-spark.txt trainer/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/fuzz.stamp: $(VENV)/portal.stamp requirements-fuzz.txt
	$(PYTHON) -m venv $(VENV)/fuzz
	$(VENV)/fuzz/bin/pip install --quiet --disable-pip-version-check -r requirements-fuzz.txt
	touch $@
