# Every command of the repository. On a fresh machine with Python 3.11+ and make, each of
# them first sets up .venv; nothing else is installed outside this folder, except that
# `make test` as root lets Debian install a database server the machine lacks.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
BIN := .venv/bin
READY := .venv/.ready
# What else to give to the command: make test ARGS="tests/unit -k ledger"
ARGS ?=
# mypy and pyright read these; benchmarks/ comes and goes with the branch.
CODE := src tests tools $(wildcard benchmarks)

.PHONY: help setup demo test check lint types imports budgets fragments generated format \
	generate docs chaos receipts torture bench-copy bench-matching new-connector

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

setup: $(READY) ## Make .venv with everything

$(READY): pyproject.toml uv.lock tools/setup.sh
	@sh tools/setup.sh

demo: $(READY) ## Run the main job on a small company
	@$(BIN)/landbridge demo $(ARGS)

test: $(READY) ## Run the tests; servers come by themselves
	@$(BIN)/pytest -m "not slow" -n 2 $(ARGS)

check: lint types imports budgets fragments generated ## Everything a machine can judge

lint: $(READY) ## Style and spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell -I tools/words.txt src tests tools docs changelog.d *.md $(wildcard benchmarks)

types: $(READY) ## Two type checkers, both strict
	@$(BIN)/mypy $(CODE)
	@sh tools/pyright.sh $(CODE)

imports: $(READY) ## Imports point down
	@$(BIN)/lint-imports --no-logo

budgets: $(READY) ## Files and names stay small and plain
	@$(BIN)/python -m tools.budgets

fragments: $(READY) ## Change notes are well formed
	@$(BIN)/python -m tools.fragments

generated: $(READY) ## Schemas and reference pages are up to date
	@$(BIN)/python -m tools.generate --check

format: $(READY) ## Put the code in shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

generate: $(READY) ## Write schemas and reference pages
	@$(BIN)/python -m tools.generate

docs: $(READY) ## Build the site into site/
	@sh tools/docs.sh

chaos: $(READY) ## 200 seeded kills: no row lost, none twice
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

receipts: $(READY) ## 10,000 injected faults caught; repair moves little
	@$(BIN)/python -m benchmarks.receipts $(ARGS)

torture: $(READY) ## Every type over every pair of systems
	@$(BIN)/python -m benchmarks.torture $(ARGS)

bench-matching: $(READY) ## Proposed mappings against true ones, 20 pairs
	@$(BIN)/python -m benchmarks.matching $(ARGS)

bench-copy: $(READY) ## Copying against native tools and peers
	@$(BIN)/python -m benchmarks.copy $(ARGS)

new-connector: $(READY) ## Start a connector: make new-connector NAME=x
	@$(BIN)/python -m tools.new_connector "$(NAME)"
