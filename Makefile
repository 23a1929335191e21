# Everything here needs only Python >= 3.11, git and make. Set-up is done once, in .venv.
#   make fly     fly the default return; pictures and files go to out/
#   make test    formatter, linter, types, layers, tests
#   make site    the documentation as web pages, in build/site
# Another Python:  make fly PYTHON=/path/to/python3.12

SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
PIP   := $(BIN)/python -m pip --disable-pip-version-check --quiet install --progress-bar off
OUT   ?= out
PYTEST_ARGS ?=

# Packages are installed once; a change of what is asked for does it again.
READY     := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

SITE_VENV := build/site-venv

.PHONY: help site fly test test-slow lint format validation bench pictures docs arena what-changed hooks lock dist clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile
	@echo "also: test-slow, lint, format, validation, bench, pictures, docs, dist, hooks, clean"

$(BIN)/python:
	@found=; \
	for candidate in $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Homeward needs Python 3.11 or newer; found: $$($(if $(PYTHON),$(PYTHON),python3) --version 2>&1 | head -n 1)." >&2; \
	  echo "Install one, or name it:  make fly PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	echo "Homeward: creating $(VENV) with $$($$found --version)"; \
	$$found -m venv --clear $(VENV) || { \
	  echo "Could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Homeward: installing the package and what it needs (once; a few minutes, some 1 GB)"
	@$(PIP) -c constraints.txt -e .
	@touch $@

$(READY_DEV): $(READY)
	@echo "Homeward: installing the test tools (once)"
	@$(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

fly: $(READY)
	@$(BIN)/homeward return --out $(OUT)

test: lint
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

test-slow: $(READY_DEV)
	$(BIN)/pytest -m slow $(PYTEST_ARGS)

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports

format: $(READY_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The page is written even when a check fails, so that the failure can be read in it.
validation: $(READY_DEV)
	@mkdir -p build && rm -f build/validation.jsonl
	HOMEWARD_VALIDATION=build/validation.jsonl $(BIN)/pytest tests/published -m '' $(PYTEST_ARGS); status=$$?; \
	  $(BIN)/python tests/published/render_validation.py build/validation.jsonl docs/validation.md && exit $$status

# Asks the package index for the hashes of every file of the pinned versions; pip-tools stays out of .venv.
lock: $(BIN)/python
	@$(BIN)/python -m venv build/lock-venv && build/lock-venv/bin/python -m pip --quiet install pip-tools==7.6.2
	@sed -n '/^[^#]/q;p' requirements.lock | sed '/^$$/d' > build/lock-head
	@build/lock-venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --constraint constraints.txt --extra console \
	  --output-file build/lock-body pyproject.toml
	@cat build/lock-head build/lock-body > requirements.lock

bench: $(READY_DEV)
	@$(PIP) -c constraints.txt -e '.[bench]' || echo "some peers could not be installed; their rows are skipped"
	$(BIN)/python -m benchmarks $(BENCH)

# The pictures of the README and of docs/, from the default scenarios; 256 colours are a third of the bytes.
PICTURES := overview corridor bank attitude thrusters filter
PAIR_PICTURES := relative_path:path contact:contact withdrawal:withdrawal
SHRINK := import sys; from PIL import Image; \
  Image.open(sys.argv[1]).convert("RGB").quantize(256).save(sys.argv[2], optimize=True)
pictures: $(READY)
	@mkdir -p docs/pictures
	@$(BIN)/homeward return --out build/pictures
	@for name in $(PICTURES); do $(BIN)/python -c '$(SHRINK)' \
	  build/pictures/$$name.png docs/pictures/$$name.png || exit 1; done
	@$(BIN)/homeward rendezvous --set rendezvous.ends=withdrawn --out build/pictures/rendezvous
	@for name in $(PAIR_PICTURES); do $(BIN)/python -c '$(SHRINK)' \
	  build/pictures/rendezvous/$${name%:*}.png docs/pictures/rendezvous_$${name#*:}.png || exit 1; done

# Guidance laws through the same flights: flown, and written down in docs/guidance-arena.md with their data.
ARENA_LAWS := predictive,predictive-v1,reference,reference-2005,fnpeg
arena: $(READY)
	@for set in dispersed orbit-changes; do \
	  $(BIN)/homeward arena --set $$set --laws $(ARENA_LAWS) --runs 128 --out build/arena/$$set || exit 1; done
	@$(BIN)/python -m homeward.campaigns.arena.page build/arena/dispersed build/arena/orbit-changes docs

# Single models of the world off and on: campaigns flown once into build/, the page docs/what-changed.md.
what-changed: $(READY)
	@$(BIN)/python -m homeward.campaigns.analysis.model_changes build/what-changed docs

# The pages that are made from the code: scenario keys, their JSON Schema, telemetry columns, commands.
docs: $(READY)
	@$(BIN)/python -m homeward.scenario.schema.reference_page docs
	@$(BIN)/python -c 'from homeward.output import dictionary_page as page; print(page(), end="")' > docs/telemetry.md
	@$(BIN)/python -c 'from homeward.cli.reference_page import page; print(page(), end="")' > docs/reference/cli.md

# The documentation site, in an environment of its own so that neither tests nor flying carry its packages.
# --strict: a link or an anchor that leads nowhere, and a name that is not in the code, stop the build.
$(SITE_VENV)/.ready: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m venv $(SITE_VENV)
	@$(SITE_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --progress-bar off \
	  -c constraints.txt mkdocs mkdocs-material 'mkdocstrings[python]'
	@touch $@

site: $(SITE_VENV)/.ready
	NO_MKDOCS_2_WARNING=1 $(SITE_VENV)/bin/mkdocs build --strict --quiet
	@echo "the site is in build/site; to read it: $(BIN)/python -m http.server -d build/site"

# Source distribution and wheel in dist/, the wheel built from the former and tried in a new environment.
dist: $(BIN)/python
	@rm -rf dist build/dist-venv && mkdir -p dist build/dist-try
	@$(BIN)/python -m venv build/dist-venv
	@build/dist-venv/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt build
	@build/dist-venv/bin/python -m build --outdir dist . >/dev/null
	@$(BIN)/python -m venv --clear build/dist-venv
	@build/dist-venv/bin/python -m pip --disable-pip-version-check --quiet install -c constraints.txt dist/homeward-*.whl
	@cd build/dist-try && ../dist-venv/bin/homeward return apollo-10 --fidelity point-mass --no-pictures --out flight
	@ls -l dist

hooks: $(READY_DEV)
	$(BIN)/pre-commit install

clean:
	rm -rf build dist out .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
