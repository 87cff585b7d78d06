# Every target makes its own set-up: nothing is needed but make and a Python of at least 3.11.
# Choose the Python with INLINK_PYTHON=…, the environment with VENV=….

VENV ?= .venv
BIN = $(VENV)/bin
PY = $(BIN)/python
LOCKS = requirements.txt requirements-build.txt
TOOLS = pyproject.toml scripts/bootstrap.py scripts/pip_wheel.py
BOOTSTRAP = python=$$(sh scripts/find_python.sh) && "$$python" scripts/bootstrap.py --venv $(VENV)

.DEFAULT_GOAL := help
.PHONY: help demo test gate lint types layers docs bench lock clean dist setup format

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/ready-run ## make the demo web, index it, ask it, serve one page (SERVE=0: do not serve)
	@$(BIN)/inlink demo demo-workspace $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: setup ## style, types, layers and all tests, with all set-up (15 minutes at most)
	@$(PY) scripts/check.py

gate: setup ## the long checks; figures with the digest of their data go to gate/*.json
	@$(PY) scripts/run_gates.py

lint: setup ## style: ruff check and ruff format --check
	@$(PY) scripts/check.py lint format

types: setup ## types: mypy --strict
	@$(PY) scripts/check.py types

layers: setup ## layers: import-linter
	@$(PY) scripts/check.py layers

format: setup ## rewrite the code in the house format
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

docs: setup ## write the generated references in docs/ again
	@$(PY) scripts/make_docs.py

bench: setup ## the benchmarks (long; BIG=1: the large index too); write figures down in bench/RESULTS.md
	@BIG=$(BIG) $(PY) scripts/run_benches.py

lock: setup ## resolve the dependencies anew and lock them by hash (needs uv)
	@$(PY) scripts/lock.py

dist: setup ## build the wheel and the source archive into dist/
	@$(BIN)/hatchling build

setup: $(VENV)/ready-dev ## only make the environment

clean: ## remove the environment, builds, caches and the demo workspace
	rm -rf $(VENV) dist build demo-workspace .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests bench gate scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/ready-run: $(LOCKS) $(TOOLS)
	@$(BOOTSTRAP) --for run

$(VENV)/ready-dev: requirements-dev.txt $(LOCKS) $(TOOLS)
	@$(BOOTSTRAP) --for dev
