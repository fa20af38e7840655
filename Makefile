# The front door. `make run` and `make test` work on a fresh clone with Python 3.11, 3.12 or 3.13.

# The first of these that is there and works makes the environment; `make PYTHON=3.12` takes that one. A version
# is looked for on the PATH and among pyenv's; a name or a path is taken as it is.
PYTHON ?= 3.13 3.12 3.11 python3
PYENV := $(or $(PYENV_ROOT),$(HOME)/.pyenv)
PYTHONS = $(foreach word,$(PYTHON),$(if $(filter 3.%,$(word)),\
	python$(word) $(wildcard $(PYENV)/versions/$(word).*/bin/python$(word)),$(word)))
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
# `make run EMPTY=1` simulates no world: what is loaded is chosen in the portal.
EMPTY ?=
# A test process a core.
PYTEST_OPTIONS ?= -n auto
# How many cases `make fuzz` tries on each address of the API.
FUZZ_CASES ?= 2000
# An empty database server that the tests may use; skipped when it is not there.
TEST_DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres

.PHONY: install run test test-all test-axe test-properties test-real test-backup test-executors test-kills smoke lint audit fuzz bench bench-scale messages lock clean

install: $(VENV)/portal.stamp

run: $(VENV)/portal.stamp
	@PORT=$(PORT) exec $(BIN)/python manage.py demo --parent $$PPID $(if $(EMPTY),--empty)

test: $(VENV)/dev.stamp $(VENV)/fuzz.stamp
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)
	$(BIN)/python -m tests.postgresql "$(TEST_DATABASE_URL)" $(PYTEST_OPTIONS)

# The same on each Python, in an environment of its own: long.
test-all:
	@for version in 3.11 3.12 3.13; do \
	    $(MAKE) test PYTHON=$$version VENV=.venvs/$$version || exit 1; \
	done

# Whether the portal and the exporter work on some Python at all: no more than `make run` needs, in a minute.
smoke: $(VENV)/portal.stamp
	$(BIN)/python -m tests.smoke

# Every page by axe-core in both languages, themes and widths, as staff and as strangers see it: minutes.
test-axe: $(VENV)/dev.stamp
	$(BIN)/python -m tests.chromium
	LEAFLINE_AXE=whole $(BIN)/python -m pytest $(PYTEST_OPTIONS) tests/browser/test_axe.py

# Every property with as many examples as Hypothesis tries by itself; each run of the tests tries thirty.
test-properties: $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m hypothesis --hypothesis-profile=whole

# Every file in ../shared, one by one: long.
test-real: $(VENV)/dev.stamp
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -v --show-capture=no -m real tests/real

# Fifty backups while an ingest and refreshes write, each restored and looked through: long.
test-backup: $(VENV)/dev.stamp
	LEAFLINE_BACKUP_ROUNDS=50 $(BIN)/python -m pytest -q tests/portal/lake/test_backup.py -k ingest_and_a_refresh

# A hundred pulls killed at any step: long.
test-kills: $(VENV)/dev.stamp
	LEAFLINE_KILLS=100 $(BIN)/python -m pytest -q tests/exporter/pull/test_kill.py

# Twenty executors of a Spark cluster killed in the middle of snapshots: minutes.
test-executors: $(VENV)/dev.stamp
	LEAFLINE_EXECUTOR_KILLS=20 $(BIN)/python -m pytest -q tests/exporter/test_spark.py -k executors

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive demo exporter portal terminal tools trainer
	$(BIN)/python -m tests.house
	$(BIN)/python -m tools.documents

fuzz: $(VENV)/dev.stamp $(VENV)/fuzz.stamp
	LEAFLINE_FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest tests/portal/api/test_fuzz.py --show-capture=no

# Whether a weakness is known of what is installed. It needs the internet, and fails where it was not asked.
audit: $(VENV)/dev.stamp $(VENV)/audit.stamp
	$(BIN)/python -m tests.audit $(VENV)/audit/bin/pip-audit

# As much of iNaturalist as this machine holds, step by step: hours, and 60 GB of disk for 150 million observations.
# `make bench-scale SCALE="--observations 2000000 8000000"` is a smaller pair; a second call goes on where one stopped.
SCALE ?=
bench-scale: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.scale $(SCALE)

messages: $(VENV)/dev.stamp
	$(BIN)/python -m tools.catalogue

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

# Pins of everything that is installed, with hashes, for every Python and machine; run it after a change of
# requirements. `make lock UPGRADE=--upgrade` takes the newest of what is not pinned by hand.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(UPGRADE)

lock: $(VENV)/dev.stamp
	$(LOCK) portal/requirements.txt -o locks/portal.txt
	$(LOCK) -c locks/portal.txt requirements-dev.txt -o locks/dev.txt
	$(LOCK) requirements-fuzz.txt -o locks/fuzz.txt
	$(LOCK) -c locks/dev.txt requirements-reports.txt -o locks/reports.txt
	$(LOCK) -c locks/dev.txt requirements-store.txt -o locks/store.txt

clean:
	rm -rf $(VENV) .venvs var staticfiles .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Python compiles what it imports; to compile all that is installed takes half of the time.
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-compile --require-hashes

$(VENV)/pyvenv.cfg:
	@for python in $(PYTHONS); do \
	    if $$python -c "import ensurepip, sqlite3, ssl, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" \
	        2>/dev/null; then \
	        $$python -m venv $(VENV) && exit; \
	    fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 that works, with its venv, among: $(PYTHON)." \
	    "Install one, or name it: make PYTHON=/path/to/python3.13" >&2; \
	exit 1

$(VENV)/portal.stamp: $(VENV)/pyvenv.cfg locks/portal.txt
	@echo "Installing what the portal needs into $(VENV), once: about a minute ..."
	@$(BIN)/$(PIP_INSTALL) -r locks/portal.txt
	@touch $@

$(VENV)/dev.stamp: $(VENV)/portal.stamp locks/dev.txt
	@echo "Installing TensorFlow and the tools of the tests, once: some minutes ..."
	@$(BIN)/$(PIP_INSTALL) -r locks/dev.txt
	@touch $@

$(VENV)/audit.stamp: $(VENV)/portal.stamp requirements-audit.txt
	$(BIN)/python -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check -r requirements-audit.txt
	@touch $@

$(VENV)/fuzz.stamp: $(VENV)/portal.stamp locks/fuzz.txt
	$(BIN)/python -m venv $(VENV)/fuzz
	$(VENV)/fuzz/bin/$(PIP_INSTALL) -r locks/fuzz.txt
	@touch $@
