# Each target makes what it needs: `make demo` and `make test` are all the set-up there is.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo test lint types docs docs-check bench engine clean

demo: $(VENV)/.ready
	@$(RUN) -m tests.demo

test: $(VENV)/.ready
	$(RUN) -m pytest

lint: $(VENV)/.ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.ready
	$(VENV)/bin/mypy -p dockgate -p tests

docs: $(VENV)/.ready
	$(RUN) docs/generate.py

docs-check: $(VENV)/.ready
	$(RUN) docs/generate.py --check

bench: $(VENV)/.ready
	$(RUN) -m tests.bench

engine: $(VENV)/.ready
	$(RUN) -m tests.engine start

clean:
	-$(PYTHON) -m tests.engine stop
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.ready: pyproject.toml setup.py
	sh tests/venv.sh $(PYTHON) $(VENV)
	touch $@
