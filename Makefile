# Quadra's commands. `make help` lists them. Needs bash, Python 3.11 or newer; the rest it gets by itself.
#
# Settings reach Quadra from the environment or from the command line alike: `make run PORT=6000`.
# (make reads a `$` in values on its command line as its own: give those in the environment.)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL: # a recipe is one script; its first line's @ keeps it quiet
.NOTPARALLEL: # the steps share one .venv and one frontend/node_modules
MAKEFLAGS += --no-print-directory --no-builtin-rules

python := .venv/bin/python
WORKERS ?= 3 # of pytest: of three on two cores, one waits for something
npm := scripts/tools/npm.sh
packages := frontend/node_modules/.package-lock.json
bundle := frontend/dist/manifest.json
# Folders too, so that a file that was taken away is noticed.
sources := $(wildcard $(addprefix frontend/,build.mjs tsconfig.json)) $(shell find frontend/src 2>/dev/null)

# --- what users call

.PHONY: run demo test check bench fuzz soak coverage audit sbom lock format api-types clean help

run: venv-run console ## Set everything up and serve (HOST=, PORT= and every other setting can be given)
	@exec $(python) app.py

demo: venv-run console ## `make run`, and a simulated AI service that goes wrong now and then (ARGS=--help)
	@exec $(python) -m scripts.demo $(ARGS)

# The front end's tests and Python's both run whatever the other says; pytest has the last word, with the counts.
# End-to-end and fault tests come last, a module to a worker at a time, see tests/conftest.py.
test: venv-run venv-dev console ## Get what the tests need, then run all of them (TESTS= picks some of pytest's)
	@scripts/tools/servers.sh
	status=0
	$(if $(TESTS),,$(npm) run --silent test || status=1)
	PYTHONDONTWRITEBYTECODE= $(python) -m pytest -n $(WORKERS) $(TESTS) || status=$$?
	exit $$status

# Two at a time, as nothing of them needs the other; the tests begin when all of it is well.
check: venv-run venv-dev console ## Lint, types, import contracts, front-end checks, then all tests
	@scripts/tools/beside.sh "$(MAKE) lint types contracts" "$(MAKE) console-check"
	$(MAKE) test

bench: venv-run venv-dev console ## Run the benchmarks: a table, and JSON with the facts of the machine (ARGS= for more)
	@$(python) scripts/bench.py $(ARGS)

fuzz: venv-run venv-dev ## Look for input that breaks a parser, ten minutes (ARGS="--seconds 60 --only selector")
	@$(python) scripts/fuzz.py $(ARGS)

soak: venv-run venv-dev console ## Twenty minutes of a busy day, and what has grown by its end (ARGS="--minutes 3")
	@$(python) scripts/soak.py $(ARGS)

coverage: venv-run venv-dev console ## Which lines the unit and contract tests go through, in .cache/coverage
	@scripts/tools/servers.sh
	$(python) -m pytest -n 2 tests/unit tests/contract --cov=quadra --cov=utils --cov-branch \
		--cov-report=term:skip-covered --cov-report=html:.cache/coverage

audit: venv-run venv-dev ## Known weaknesses in packages, risky code, secrets, licences (code 3: one could not be run)
	@$(python) scripts/audit.py $(ARGS)

sbom: venv-run venv-dev $(packages) ## What Quadra is made of, as CycloneDX, in .cache/sbom
	@scripts/tools/sbom.sh

format: venv-dev ## Format the Python sources and mend what ruff can mend by itself
	@$(python) -m ruff check --fix-only .
	$(python) -m ruff format .

lock: venv-run venv-dev ## Write the lock files anew from pyproject.toml (UPGRADE=1: with the newest versions)
	@UPGRADE="$(UPGRADE)" scripts/tools/lock.sh

api-types: venv-run $(packages) ## Write the console's types of the API anew, from the API's description
	@scripts/tools/api_types.sh

clean: ## Remove all that was built or fetched; data, logs and backups stay
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf frontend/node_modules frontend/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

# --- their parts

.PHONY: venv-run venv-dev console lint types contracts console-check

venv-run:
	@scripts/tools/venv.sh run

venv-dev:
	@scripts/tools/venv.sh dev

# make looks again under a lock, so that two starts at a time build once.
console: venv-run
	@$(if $(shell command -v flock),flock .cache/console.lock) $(MAKE) --silent $(bundle)

lint: venv-run venv-dev
	@$(python) -m ruff check .
	$(python) -m ruff format --check .
	.venv/bin/shellcheck scripts/*.sh scripts/tools/*.sh .ci/run
	.venv/bin/hadolint Dockerfile
	.venv/bin/check-jsonschema -q --builtin-schema vendor.compose-spec docker-compose*.yml utils/shipping/docker-compose-*.yml
	.venv/bin/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venv/bin/zizmor --offline --quiet --no-progress .github

types: venv-run venv-dev
	@$(python) -m mypy

contracts: venv-run venv-dev
	@$(python) .venv/bin/lint-imports --no-logo

console-check: console
	@scripts/tools/api_types.sh --check
	$(npm) run --silent check
	$(npm) run --silent size

# npm writes this file last, so that an installation that was cut off is done again.
$(packages): $(addprefix frontend/,package.json package-lock.json .npmrc)
	@echo "Installing the console's npm packages ..." >&2
	$(npm) ci --loglevel error >/dev/null
	touch $@

$(bundle): $(packages) $(sources)
	@echo "Building the console ..." >&2
	$(npm) run --silent build
	touch $@
