# Everything that a newcomer or a pipeline calls. `make demo` needs Python >= 3.11, git and make; nothing else.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
SEED ?= 1
SPARK := pyspark==4.3.0 py4j==0.10.9.9
KINDS := dagster==1.13.29 lightgbm==4.7.0 torch==2.13.0 xgboost-cpu==3.2.0

.PHONY: demo test slow spark kinds check format constraints bench faults zoo oracle calibration mutants pictures clean

demo: $(VENV)/.demo ## the whole story on real data
	$(BIN)/gate demo

test: $(VENV)/.dev ## every test, but of what is slow a part
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not spark and not slow"
	$(MAKE) spark

slow: $(VENV)/.dev ## the other cases of what is slow
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "slow and not spark"

spark: build/spark/.done ## the tests of the engine spark; it lies apart, because MLflow imports it wherever it is installed, in every process
	PYTHONPATH=$(CURDIR)/build/spark $(BIN)/python -m pytest -n $(WORKERS) -m spark tests/spark tests/test_engine.py tests/docs/test_examples.py

kinds: $(VENV)/.dev ## the libraries of further kinds of models, and Dagster; without them their tests are skipped; torch is large
	$(BIN)/python -m pip install --quiet --constraint constraints.txt $(KINDS)

check: $(VENV)/.dev ## style, types, architecture, policies, workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gate policy lint policies/
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml

format: $(VENV)/.dev ## put the code in its form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## paired timings
	$(BIN)/python pipelines/benchmarks/run.py

faults: $(VENV)/.dev ## every call of the registry × everything that can go wrong there, some hours; `make test` runs a sample
	GATE_FAULTS=all $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/faults

zoo: $(VENV)/.dev ## every hostile model under every backend and user, half an hour; `make test` leaves out what tries no wall but once
	GATE_ZOO=all $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/hostile

oracle: $(VENV)/.dev ## 5,000 random tables of every task against Fairlearn, scikit-learn, scipy and statsmodels, some minutes
	GATE_ORACLE=all $(BIN)/python -m pytest -n $(WORKERS) tests/metrics/test_rates_against_fairlearn.py tests/metrics/test_*_against_oracles.py

calibration: $(VENV)/.dev ## how often the judgement errs: writes docs/calibration.md, some minutes
	$(BIN)/python pipelines/calibration/run.py

mutants: $(VENV)/.dev ## small mistakes in judge/ and metrics/, a random sample of them, and which the tests notice: writes docs/mutants.md, half an hour
	$(BIN)/python pipelines/mutation/run.py --seed $(SEED)

pictures: $(VENV)/.dev ## the README's pictures of the demo's card and report, anew from tests/report/demo
	$(BIN)/python pipelines/pictures.py

constraints: ## exact versions of what a fresh installation resolves to, names and versions only
	rm -rf build/constraints && $(PYTHON) -m venv build/constraints
	build/constraints/bin/pip install --quiet '.[dev]'
	build/constraints/bin/pip freeze --exclude fairness-gate --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' | sort -f > constraints.txt
	rm -rf build/constraints

clean: ## remove what this file makes
	rm -rf $(VENV) build dist gate-demo

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed; say which with: make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

build/spark/.done: $(VENV)/.dev Makefile
	rm -rf build/spark
	$(BIN)/python -m pip install --quiet --no-deps --target build/spark $(SPARK)
	touch $@

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.demo
