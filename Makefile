# The book's commands; `make help` lists them. The README says what they need.
.DEFAULT_GOAL := help

PYTHON  ?= python3
# The Keras backend of `make test` and `make execute`: tensorflow, jax or torch.
BACKEND ?= tensorflow
CHAPTER ?=
PORT    ?= 8000

PY        := .venv/bin/python
INSTALLED := .venv/installed
PAGE      := _build/html/intro.html

# Under TensorFlow the tests that reach Keras run a second time, under JAX.
SECOND := $(if $(filter tensorflow,$(BACKEND)),jax)

# Two processes, for two cores; all tests of one file, and all cells of one chapter, in one process;
# in the order given, so that the long chapters start first.
PYTEST := $(PY) -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder

.PHONY: help book test execute serve requirements clean distclean site elsewhere

help:  ## show this list
	@echo "make targets:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1#\2/p' $(MAKEFILE_LIST) | \
		while IFS='#' read -r name what; do printf '%-16s%s\n' "$$name" "$$what"; done
	@echo "options: BACKEND=tensorflow|jax|torch  CHAPTER=03  PORT=8000  PYTHON=python3.12"

book: site  ## build the site from the stored outputs, and print where it starts
	@$(PY) -c "import pathlib; print(pathlib.Path('$(PAGE)').resolve().as_uri())"

# Built afresh each time (seconds): a page that is up to date would not repeat its warnings.
site: $(INSTALLED)
	rm -rf _build
	$(PY) .venv/bin/jupyter-book build . -n -W --keep-going

# All of it on the sample, and in a cache of its own: no network that an earlier run trained is used.
test: site  ## lint, unit tests, the built site, and every chapter on the sample
	$(PY) -m ruff check .
	cache=$$(mktemp -d) && trap 'rm -rf "$$cache"' EXIT && \
	export AEUTILS_CACHE="$$cache" AEUTILS_DATA=sample AEUTILS_PROGRESS=off && \
	$(if $(SECOND),KERAS_BACKEND=$(SECOND) $(PYTEST) tests --reaching-keras &&) \
	KERAS_BACKEND=$(BACKEND) $(PYTEST) chapters tests --nbval-lax --nbval-current-env

execute: $(INSTALLED)  ## run the chapters (or CHAPTER=03) on the full data and store what they show
	KERAS_BACKEND=$(BACKEND) $(PY) tools/execute.py $(CHAPTER)

serve: site  ## build the site and serve it on this machine (PORT=8000)
	$(PY) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

requirements: $(INSTALLED)  ## work requirements.txt out anew from requirements.in (UPGRADE=--upgrade)
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) \
		--custom-compile-command "make requirements" requirements.in -o requirements.txt

clean:  ## remove what the other commands made, except .venv
	rm -rf _build .pytest_cache .ruff_cache .hypothesis *.egg-info
	find aeutils chapters tests tools _ext -name __pycache__ -prune -exec rm -rf {} +
	find chapters -name .ipynb_checkpoints -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too
	rm -rf .venv

# Everything in .venv comes from requirements.txt; aeutils itself is installed in place, so that a
# change to it is seen at once. The file's date says whether there is anything to install, and its
# text where: a folder that was copied or moved with its .venv would use the package of the old one.
HERE := $(filter $(CURDIR),$(shell cat $(INSTALLED) 2>/dev/null))
$(INSTALLED): requirements.txt pyproject.toml $(if $(HERE),,elsewhere)
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON) here: install Python 3.11 to 3.13"; exit 1; }
	@$(PYTHON) tools/check_python.py
	@test -x $(PY) || $(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@
