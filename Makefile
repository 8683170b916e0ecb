# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard intake/translations/*/LC_MESSAGES/*.po))
# Where pip takes packages from: a folder of wheels if one is named, or lies here as in a bundle; else its index.
WHEELS ?= $(wildcard wheels)
FROM := $(if $(WHEELS),--no-index --find-links "$(WHEELS)")
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests wait for browsers and servers much of the time: two processors keep three of their processes busy.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)))
# Else every process of a test compiles all of Intake anew, and every worker all tests.
pytest check: export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: translations review corrections sign help run install test test-all pytest check mutants chaos bench pictures demo catalogues requirements audit sbom bundle clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run.stamp catalogues ## start web server and outbox worker; Ctrl-C stops both
	@$(BIN)/flask --app wsgi serve

install: $(VENV)/run.stamp catalogues ## install what Intake needs, for the units in deploy/systemd; WHEELS=folder
	@$(BIN)/python -m compileall -q intake wsgi.py

demo: $(VENV)/run.stamp catalogues ## fill a trial with 200 invented complaints
	@$(BIN)/flask --app wsgi demo --cases 200

test: $(VENV)/test.stamp catalogues ## run every check and test
	@$(MAKE) --no-print-directory -j2 check pytest WHICH='-m "not slow"'

test-all: $(VENV)/test.stamp catalogues ## the same, and what takes long
	@$(MAKE) --no-print-directory -j2 check pytest

pytest: $(VENV)/test.stamp catalogues
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --ignore=tests/catalogues $(WHICH)

check: $(VENV)/test.stamp ## lint, types, catalogues
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/catalogues

mutants: $(VENV)/test.stamp catalogues ## plant faults, one after the other, and say which of them no test noticed
	@$(BIN)/python -m tests.mutants $(if $(ONLY),--only $(ONLY))

chaos: $(VENV)/test.stamp catalogues ## 2,000 complaints while everything falls, then count what is lost; QUICK=1 is 200; SEED=7 the same again
	@$(BIN)/python -m tests.chaos $(if $(QUICK),--quick) $(if $(SEED),--seed $(SEED)) $(if $(DATABASE),--database $(DATABASE))

bench: $(VENV)/test.stamp catalogues ## measure, print a table, write docs/benchmarks.md; QUICK=1 takes two minutes, and writes no page
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

pictures: $(VENV)/test.stamp catalogues ## take pictures of every page in every language, and those of README and docs
	@$(BIN)/python -m tests.pictures

catalogues: $(CATALOGUES)

%.mo: %.po | $(VENV)/run.stamp
	@$(BIN)/pybabel -q compile -i $< -o $@ -l $(notdir $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $<)))))

translations: $(VENV)/test.stamp ## read the words in the source anew, bring every catalogue up to date
	@$(BIN)/pybabel -q extract -F intake/translations/mapping.cfg --no-location --sort-output --no-wrap --project Intake --version messages --header-comment "# What the pages and letters of Intake say." -o intake/translations/messages.pot .
	@sed -i -E '/^"(POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Last-Translator|Language-Team):/d' intake/translations/messages.pot
	@$(BIN)/pybabel -q update -i intake/translations/messages.pot -d intake/translations --no-wrap --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date
	@$(BIN)/python -m tests.catalogues.cyrillic
	@$(BIN)/python -m tests.catalogues.signatures

review: $(VENV)/test.stamp ## write what a native reader needs, into instance/review; LANGUAGE=kk
	@$(BIN)/python -m tests.catalogues.review write $(LANGUAGE)

corrections: $(VENV)/test.stamp ## put a reader's corrections into the catalogue; LANGUAGE=kk TABLE=review.xlsx
	@$(BIN)/python -m tests.catalogues.review take $(LANGUAGE) --table "$(TABLE)"
	@$(BIN)/python -m tests.catalogues.signatures

sign: $(VENV)/test.stamp ## write down who answers for what they read; LANGUAGE=kk TABLE=review.xlsx NAME=…
	@$(BIN)/python -m tests.catalogues.review sign $(LANGUAGE) --table "$(TABLE)" --name "$(NAME)"
	@$(BIN)/python -m tests.catalogues.signatures

requirements: ## compile the hashed requirements anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements-dev.txt

audit: $(VENV)/test.stamp ## look at pins, dependencies, licences and known holes; OFFLINE=1 leaves out what must be asked
	@$(BIN)/python -m tests.supply $(if $(OFFLINE),--offline)

sbom: $(VENV)/test.stamp ## write what this commit is made of, as CycloneDX, into instance/sbom.json
	@$(BIN)/python -m tests.supply.sbom

bundle: $(VENV)/test.stamp ## put this commit and its wheels into one file, to install offline; FOR="3.11 3.13" MACHINE=x86_64
	@$(BIN)/python -m tests.supply.bundle $(foreach version,$(FOR),--python $(version)) $(if $(MACHINE),--machine $(MACHINE)) $(if $(WHEELS),--wheels "$(WHEELS)")

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Intake needs Python 3.11 or newer: name one with PYTHON=python3.12, say."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Install the package python3-venv, then try again."; exit 1; }

$(VENV)/run.stamp: requirements.txt | $(BIN)/pip
	@echo "Installing what Intake needs …"
	@$(BIN)/pip install --quiet --require-hashes --only-binary :all: $(FROM) -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt | $(BIN)/pip
	@echo "Installing what the tests need …"
	@$(BIN)/pip install --quiet --require-hashes --only-binary :all: --no-compile -r requirements-dev.txt
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib || echo "Some of it is compiled when it is first used."
	@touch $(VENV)/run.stamp $@

clean: ## remove what was installed and compiled, never the instance
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache bench.json
	find . -name __pycache__ -prune -exec rm -rf {} +
