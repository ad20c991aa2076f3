# Everything runs in .venv, which is made on first use. `make run` and `make test` need only Python and pip.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin

.PHONY: run test lint slow bench workbooks clean

# The sample holds mistakes to be found, so pipesheet ends with 1, which is no failure here.
run: $(VENV)/installed
	$(BIN)/pipesheet run workbooks/sample.xlsx; test $$? -le 1

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q -n 2

lint: $(VENV)/installed-dev
	$(BIN)/ruff check . && $(BIN)/mypy

slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q -m slow

bench: $(VENV)/installed-dev
	$(BIN)/python benchmarks/ratios.py
	$(BIN)/python benchmarks/gates.py

workbooks: $(VENV)/installed-dev
	$(BIN)/python workbooks/make.py

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install -q -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist
