# Needs: Python 3.11 or newer with venv and pip, git, make, bash. Everything else is fetched into .venv.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Three test processes for two cores: many of them wait for programs. `make test PYTEST_FLAGS=` runs them one after the other.
PYTEST_FLAGS ?= -n $(shell expr $$(nproc 2>/dev/null || echo 2) \* 3 / 2) --dist worksteal
SEEDS ?= 1000

.DEFAULT_GOAL := help
.PHONY: help setup demo check lint types test test-all simulate test-model test-agents bytecode small-model bench bench-agents matrix format lock clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1@/p' $(MAKEFILE_LIST) | awk -F@ '{printf "  make %-13s %s\n", $$1, $$2}'

setup: .venv/.ok ## make .venv with Surefoot and all tools in it

demo: .venv/.ok ## migrate a real package, survive a kill in the middle, show the report
	@$(BIN)/python examples/demo.py

check: lint types ## format, lint, types and import contracts

lint: .venv/.ok
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports

types: .venv/.ok
	$(BIN)/pyright --pythonpath $(BIN)/python --warnings

# The types are checked beside the tests, by one processor for a minute, and told at the end.
test: ready ## everything that must hold before a change lands
	@$(MAKE) --no-print-directory types >build/types.log 2>&1 & types=$$!; \
	$(BIN)/pytest $(PYTEST_FLAGS); tests=$$?; \
	wait $$types; types=$$?; cat build/types.log; exit $$((tests | types))

test-all: check bytecode small-model ## also more of the crash matrix, soaks and real migrations; the result goes to docs/internals/test-all.md
	$(BIN)/python scripts/test_all.py $(PYTEST_FLAGS)

simulate: .venv/.ok ## play that many histories of whole runs under trouble, each from its seed: SEEDS=1000 make simulate
	$(BIN)/python -m tests.simulation 0 $$(($(SEEDS) - 1))

test-model: .venv/.ok ## agent steps with a real small model: SUREFOOT_SMALL_MODEL=FILE.gguf make test-model (minutes; skipped without it)
	$(BIN)/pytest -m model -rs tests/models

bench-agents: .venv/.ok ## agents on that model, beside a bare loop; needs SUREFOOT_REPAIR_DATA=FOLDER, too; writes docs/agents-measured.md (hours)
	$(BIN)/python -m bench.agents $(AGENTS_FLAGS)

test-agents: .venv/.ok .agents/.ok ## real agents of others (Claude Code, Codex, Gemini CLI, Qwen Code, OpenCode; 1.3 GB from npm), offline against stand-ins
	$(BIN)/pytest -m agents

# The tests start the program hundreds of times. Where Python is told to write no bytecode, each start would compile it.
bytecode: .venv/.ok build/bytecode.ok
	@$(BIN)/python -m compileall -q src

# pytest reads tests anew in each of its processes where there is no bytecode of them: 12 s of processor time, not 5.
build/bytecode.ok: .venv/.ok $(wildcard tests/*.py tests/*/*.py)
	@mkdir -p build
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --collect-only -q >build/bytecode.log || { cat build/bytecode.log; exit 1; }
	@touch $@

# Side by side, for each by itself keeps one processor busy.
.PHONY: ready
ready: .venv/.ok
	@$(MAKE) --no-print-directory -j2 lint bytecode small-model

# Tests that need it are skipped where it cannot be fetched.
small-model: .venv/.ok
	@$(BIN)/python scripts/small_model.py >/dev/null || echo "Going on without the small model."

bench: .venv-bench/.ok ## measure how fast it is, beside raw SQLite, LangGraph and DBOS; writes docs/internals/performance.md (12 minutes)
	@.venv-bench/bin/python -m bench $(BENCH_FLAGS)

matrix: .venv-bench/.ok ## kill Surefoot and its peers in the same ways and count effects; writes docs/internals/matrix.md (30 minutes)
	@.venv-bench/bin/python -m bench.matrix $(MATRIX_FLAGS)

format: .venv/.ok ## put the code into shape
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lock: .venv/.ok ## take the newest allowed releases into uv.lock and constraints.txt
	$(BIN)/python -m uv lock --upgrade
	$(BIN)/python scripts/export_constraints.py

clean: ## remove .venv, .venv-bench, .agents and everything that was built or fetched
	rm -rf .venv .venv-bench .agents build dist

.venv/.ok: pyproject.toml uv.lock constraints.txt scripts/setup.sh
	@scripts/setup.sh "$(PYTHON)"
	@touch $@

# Those that run with Node.js 20. Outside of /tmp, which commands do not see.
.agents/.ok: Makefile
	npm install --no-audit --no-fund --ignore-scripts --prefix .agents @agentclientprotocol/claude-agent-acp@0.49.0 @agentclientprotocol/codex-acp@2.6.0 @google/gemini-cli@0.61.0 @qwen-code/qwen-code@0.15.10 opencode-ai@1.18.33
	cd .agents/node_modules/opencode-ai && node postinstall.mjs
	@touch $@

# An environment of its own: what Surefoot is measured beside has no place where it is developed. Without it (no network,
# say) the peers are named as not measured: `.venv/bin/python -m bench`.
.venv-bench/.ok: .venv/.ok pyproject.toml uv.lock
	UV_PROJECT_ENVIRONMENT=.venv-bench UV_PYTHON_DOWNLOADS=never $(BIN)/python -m uv sync --quiet --locked --compile-bytecode --no-default-groups --group bench --extra sandbox --python $(BIN)/python
	@touch $@
