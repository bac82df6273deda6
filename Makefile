# One command each. All of them work from a clean clone with Python >= 3.11, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WHEEL := build/wheel

.PHONY: demo test test-ray test-torch soak bench bench-search lint venv wheel-list wheel-test constraints clean

# A search on expert_placement: no key, no network, under two minutes on two cores.
demo: $(READY)
	@name=demo-$$(date +%Y%m%d-%H%M%S) && \
	$(BIN)/adrs run expert_placement --seed 1 --evaluations 300 --name $$name && \
	$(BIN)/adrs front $$name && \
	printf '\nLook further:\n  %s\n  %s\n' \
	  "$(BIN)/adrs show $$name/N           # an entry's code, scores and parents" \
	  "$(BIN)/adrs resume $$name --evaluations +400"

test: $(READY)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

# A cluster of three nodes on this machine. What cannot be installed is not tested, and that is said.
# Ray gives a process of its own 30 s to start, which a busy machine may miss: what fails is tried once more.
RAY_TESTS := -m ray --durations 5 tests/evaluators/execution/cluster tests/faults
test-ray: $(READY)
	@if $(BIN)/python -c 'import ray, grpc' 2>/dev/null || $(BIN)/python -m pip install --quiet \
	    --disable-pip-version-check -e '.[ray]' -c constraints.txt; \
	then $(BIN)/pytest $(RAY_TESTS) || $(BIN)/pytest --last-failed $(RAY_TESTS); \
	else echo 'make test-ray: skipped, Ray cannot be installed here'; fi

# What needs PyTorch, on CPU tensors: it is no dependency, install it beside the rest.
test-torch: $(READY)
	@$(BIN)/python -c 'import torch' || { echo 'PyTorch is missing: $(BIN)/pip install torch'; exit 2; }
	$(BIN)/pytest tests -m torch

# The long counts: many seeds, many kills, many attacks.
soak: $(READY)
	ADRS_SOAK=1 $(BIN)/pytest -m 'soak or not soak' -n auto --maxprocesses 4

bench: $(READY)
	@for file in tests/bench/bench_*.py; do \
	  printf '\n== %s\n' $$file; $(BIN)/python $$file || exit 1; \
	done

# Searches with a model of known skill against plain ones and an outside one, on a light form of every
# problem and on three as they are; goes on where it was, and keeps its rows.
LIGHT := light_placement tiny_scheduling light_broadcast light_spot light_zones light_tardiness \
  light_models light_prefix light_transactions light_routing
WHOLE := whole_models whole_prefix whole_transactions
SEARCHES := docs/results/bench_search.jsonl
WHOLE_SEARCHES := docs/results/bench_search_whole.jsonl
FOREIGN := docs/results/bench_search_cma.jsonl
BUDGET := --seeds 10 --calls 150
SEARCHES_AT_ONCE := 2  # one evaluator each
bench-search: $(READY)
	@mkdir -p runs
	@printf '%s\n' $(LIGHT) | xargs -P $(SEARCHES_AT_ONCE) -I % $(BIN)/python -m tests.bench.skill \
	  tests/bench/light/%.py $(BUDGET) --q 0.05 --arms full independent greedy embedded --memo runs/%.sqlite --out $(SEARCHES)
	@printf '%s\n' $(WHOLE) | xargs -P $(SEARCHES_AT_ONCE) -I % $(BIN)/python -m tests.bench.skill \
	  tests/bench/whole/%.py $(BUDGET) --q 0.05 --arms full independent greedy --memo runs/%.sqlite --out $(WHOLE_SEARCHES)
	@printf '%s\n' $(LIGHT) | xargs -P $(SEARCHES_AT_ONCE) -I % $(BIN)/python -m tests.bench.foreign \
	  tests/bench/light/%.py $(BUDGET) --memo runs/%.sqlite --out $(FOREIGN)
	$(BIN)/python -m tests.bench.search_report $(SEARCHES) $(FOREIGN)
	$(BIN)/python -m tests.bench.search_report $(WHOLE_SEARCHES)

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

venv: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("adrs needs Python 3.11 or newer: make PYTHON=python3.12" \
	  if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

# What the wheel is to hold: run it when a file is added or taken away, and read the difference.
wheel-list: $(READY)
	$(BIN)/python -m tests.packaging.wheel > tests/packaging/wheel_files.txt

# The wheel as a user has it: own environment, the declared dependencies alone, another folder.
wheel-test: $(READY)
	rm -rf $(WHEEL)
	$(BIN)/python -m hatchling build -t wheel -d $(WHEEL)
	$(PYTHON) -m venv $(WHEEL)/venv
	$(WHEEL)/venv/bin/python -m pip install --quiet --disable-pip-version-check $(WHEEL)/*.whl -c constraints.txt
	cd $(WHEEL) && venv/bin/adrs problems && \
	  venv/bin/adrs run expert_placement --evaluations 12 --seed 1 --name smoke && \
	  venv/bin/adrs front smoke

# Pins what is installed now; run the tests before committing it.
constraints: $(READY)
	{ echo '# What was tested: names and versions only. Written by `make constraints`.'; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > constraints.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
