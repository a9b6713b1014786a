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
PDF       := _build/autoencoders-measured.pdf

# Under TensorFlow the tests that reach Keras run a second time, under JAX.
SECOND := $(if $(filter tensorflow,$(BACKEND)),jax)

# Two processes, for two cores; all tests of one file, and all cells of one chapter, in one process;
# in the order given, so that the long chapters start first.
PYTEST := $(PY) -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder

.PHONY: help book test pdf lab colab execute serve requirements clean distclean site browser elsewhere

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

# What `make pdf` needs, by Debian's names, and how to see that it is there: commands, files of TeX, fonts.
LATEX_PACKAGES := latexmk texlive-xetex texlive-latex-extra texlive-fonts-recommended \
	fonts-freefont-otf fonts-dejavu-core fonts-wqy-microhei fontconfig
LATEX_COMMANDS := latexmk xelatex makeindex kpsewhich fc-list
LATEX_FILES    := titlesec.sty tabulary.sty pzdr.tfm
LATEX_FONTS    := "FreeSerif" "FreeSans" "DejaVu Sans Mono" "WenQuanYi Micro Hei"

# LaTeX is looked for before anything is installed or built.
pdf:  ## set the book as a PDF, and print where it is (needs LaTeX, see the README)
	@missing=; \
	for name in $(LATEX_COMMANDS); do \
		command -v $$name >/dev/null || missing="$$missing, $$name"; done; \
	if [ -z "$$missing" ]; then \
		for name in $(LATEX_FILES); do kpsewhich $$name >/dev/null || missing="$$missing, $$name"; done; \
		for name in $(LATEX_FONTS); do \
			[ -n "$$(fc-list "$$name")" ] || missing="$$missing, the font $$name"; done; fi; \
	if [ -n "$$missing" ]; then \
		echo "make pdf lacks $${missing#, }; on Debian or Ubuntu:" \
			"sudo apt-get install --no-install-recommends $(LATEX_PACKAGES)"; exit 1; fi
	@$(MAKE) --no-print-directory $(INSTALLED)
	rm -rf _build/latex _build/.doctrees $(PDF)
	$(PY) .venv/bin/jupyter-book build . -n -W --keep-going -q --builder latex
	cd _build/latex && { latexmk -xelatex -interaction=nonstopmode -halt-on-error -silent \
		$(basename $(notdir $(PDF))) >latexmk.out 2>&1 || { grep -A5 '^!' *.log || tail latexmk.out; exit 1; }; }
	@mv _build/latex/$(notdir $(PDF)) $(PDF)
	@echo "$(CURDIR)/$(PDF)"

# All of it on the sample, and in a cache of its own: no network that an earlier run trained is used.
test: site browser  ## lint, unit tests, the built site, and every chapter on the sample
	$(PY) -m ruff check .
	cache=$$(mktemp -d) && trap 'rm -rf "$$cache"' EXIT && \
	export AEUTILS_CACHE="$$cache" AEUTILS_DATA=sample AEUTILS_PROGRESS=off && \
	$(if $(SECOND),KERAS_BACKEND=$(SECOND) $(PYTEST) tests --reaching-keras &&) \
	KERAS_BACKEND=$(BACKEND) $(PYTEST) chapters tests --nbval-lax --nbval-current-env

# Root on Debian or Ubuntu gets Chromium installed; anybody else hears what to do.
browser: $(INSTALLED)
	$(PY) tools/find_browser.py --install

lab: $(INSTALLED)  ## open the notebooks in JupyterLab
	$(PY) -m jupyterlab chapters

colab: $(INSTALLED)  ## try chapters (or CHAPTER=03) in fresh environments, as in Colab (downloads gigabytes)
	$(PY) tools/try_fresh.py $(CHAPTER)

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
