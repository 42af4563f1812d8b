# Two commands do everything on a machine that has Python 3.11 or later:
#   make map    a virtual environment, the install, and the map of seeds/ in map.html
#   make test   the same, the test extras, and the whole suite
# `make check` runs the formatter, the linters and the type checker. Where there is npm, the page's
# script is linted too, and the tests look for barriers with axe-core.
# `make screenshots` makes the pictures of docs/ anew.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The first Python that is new enough and can make a virtual environment.
IS_FIT := -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	if $$python $(IS_FIT) 2>/dev/null; then echo $$python; break; fi; done)

# What the checks of the page take from npm.
NPM := $(if $(shell command -v npm),tests/node_modules/installed)

.PHONY: map test check lint-page screenshots clean

map: $(VENV)/installed
	$(BIN)/geomap map seeds/ -o map.html

test: map $(VENV)/installed-for-tests $(NPM)
	$(BIN)/python -m pytest

check: $(VENV)/installed-for-tests $(if $(NPM),lint-page)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lint-page: tests/node_modules/installed
	tests/node_modules/.bin/biome lint --config-path=tests --error-on-warnings geomap/webmap/static

screenshots: $(VENV)/installed-for-tests
	$(BIN)/python tests/screenshots.py

clean:
	rm -rf $(VENV) map.html build dist tests/node_modules

$(VENV)/installed: pyproject.toml
	@$(or $(PYTHON),false) $(IS_FIT) 2>/dev/null || { \
		echo "geomap needs Python 3.11 or later with its venv module, and none was found." >&2; \
		echo "Install it (on Debian: apt-get install python3 python3-venv)," >&2; \
		echo "or name it: make map PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	@touch $@

tests/node_modules/installed: tests/package.json
	npm install --prefix tests --no-audit --no-fund --no-package-lock --loglevel=error \
		&& touch $@ || echo "npm could not install: what needs it is skipped or fails" >&2

$(VENV)/installed-for-tests: $(VENV)/installed
	$(PIP) install --editable '.[test]'
	@touch $@
