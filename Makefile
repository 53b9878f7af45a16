# Tocsin's commands. `make` alone lists them; each one sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PYTHON

# Extra arguments for pytest, such as ARGS="tests/ground -k clock".
ARGS ?=
# A folder with one folder per collection of public runbooks, for `make corpus`.
CORPUS ?=

.PHONY: help setup setup-real demo test check bench faults fuzz docs corpus lock clean

help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make .venv with everything pinned in requirements/ and Tocsin itself; nothing to do when it stands.

.venv/.ready: requirements/dev.txt requirements/uv.txt requirements/base.in pyproject.toml tools/setup
	@tools/setup

setup-real: ## As root, install what the real tests drive: Prometheus, Chromium, Postgres, Redis, Docker, …
	@tools/setup-real

demo: setup ## Break a real service and watch Tocsin bring it back (BREAK=redis-memory, BREAK=slow-database, STACK=docker, KEEP=1).
	@$(BIN)/python -m demo

test: setup ## Run every test that this machine can run, on two cores, three at a time, since much of it waits.
	@$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

check: setup ## Lint, format, types, import contract, translations, generated docs, house rules.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python -m tocsin.ground.i18n check
	$(BIN)/python tools/reference.py --check
	$(BIN)/python tools/rules.py

bench: setup ## Measure alert to page, steps (BENCH_PREFECT=1), intake beside Alertmanager (BENCH_PAIRS=5), reading.
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.steps
	@$(BIN)/python -m bench.latency
	@$(BIN)/python -m bench.intake
	@$(BIN)/python -m bench.runbooks

faults: setup ## Run the crash tests with their full counts instead of a few seeded points.
	@TOCSIN_FAULTS=full $(BIN)/pytest tests/faults tests/real/test_docker_ladder.py $(ARGS)

fuzz: setup ## Break runbooks for FUZZ_SECONDS (60) and see that reader, linter and guard stand (FUZZ_SEED=N again).
	@$(BIN)/python tests/support/fuzz.py

docs: setup ## Write docs/reference/ from the code.
	@$(BIN)/python tools/reference.py

corpus: setup ## Measure on public runbooks how often each lint rule speaks (CORPUS=FOLDER), and write docs/reference/.
	@$(BIN)/python tools/corpus.py "$(CORPUS)"
	@$(BIN)/python tools/reference.py

lock: .venv/.ready ## Compile requirements/*.in to pinned versions with hashes, keeping pins that still hold.
	@for name in uv base dev; do \
	  .cache/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --output-file requirements/$$name.txt requirements/$$name.in; \
	done

clean: ## Remove .venv and every cache.
	@rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist
