# make demo: set up and study the demonstration registry; make test: the proofs; make lab: JupyterLab;
# make proofs: the long ones too; make bench: what deriving episodes costs, beside other tools;
# make goldens: the numbers by R anew (needs R).
# Needs Python 3.11 or newer and nothing else; another interpreter: make demo PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# Modules are compiled once, when they are first used: --no-compile saves half a minute of setting up.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test proofs lab bench goldens

demo: $(READY)
	$(BIN)/ain demo -o ain_demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

proofs: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow'

lab: $(READY)
	$(BIN)/ain lab -o ain_notebooks

bench: $(READY)
	$(BIN)/python -m benchmarks.episodes --size 1_000_000 --rounds 3

goldens:
	@for script in $$(find tests/golden -name make_goldens.R); do \
		echo "$$script"; (cd "$$(dirname "$$script")" && Rscript make_goldens.R) || exit 1; \
	done

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV), once; this takes a minute or two ..."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e ".[test]"
	@touch $@
