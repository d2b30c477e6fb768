# Two commands do everything, virtual environment included: make demo, make test.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo test test-extras check bench docs lock clean

help:
	@echo "make demo    the main job on the Premium Offices mesh"
	@echo "make test    all tests"
	@echo "make test-extras  those of heavy extras, in a virtual environment of their own"
	@echo "make check   lint, types, import contracts, docs"
	@echo "make bench   side by side with dbt (installs it in a virtual environment of its own)"
	@echo "make docs    write the generated pages again"
	@echo "make lock    pin what a fresh install gets"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/python examples/premium-offices/demo.py

test: $(STAMP)
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-extras:
	@test -d $(VENV)-extras || $(PYTHON) -m venv $(VENV)-extras
	@$(VENV)-extras/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-e '.[dev,great-expectations]'
	@$(VENV)-extras/bin/python -m pytest -n 2 tests/verification/test_custom_rules.py

check: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy src
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/docs.py --check

docs: $(STAMP)
	@$(BIN)/python scripts/docs.py

bench: $(STAMP)
	@$(BIN)/python bench/run.py

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf $(VENV) $(VENV)-extras .bench .mesh .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
