# make demo        install the tested versions into .venv, then go from nothing to tables
# make demo-full   the demo with ablations, levels and figures as well
# make smoke       the same in seconds and without sense: does everything run here?
# make report      one HTML page of what was measured: make report PROFILE=mini
# make test        the same environment, then the tests
# make test-all    each method on each backbone too, and each method resumed
# make test-fast   those that take seconds: what one edits daily
# make coverage    the tests again, and the lines of mlfo_mm that they miss
# make docs        all pages and the API as a site, in build/site
#
# CPU-only wheels, or another CUDA:  make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
# Another interpreter (3.11, 3.12):  make demo PYTHON=/path/to/python3.12

SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c '$(SUITABLE)' 2>/dev/null && echo $$p && break; done)
TORCH_INDEX ?=
VENV ?= .venv
PROFILE ?= demo
SMOKE := work_dirs/smoke
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
INSTALLED := $(VENV)/installed
STRICT := mlfo_mm/models/losses mlfo_mm/models/utils mlfo_mm/reporting mlfo_mm/study

.PHONY: help install demo smoke demo-full report test test-all test-fast coverage lint format docs dist gpu-check doctor clean
.DELETE_ON_ERROR:

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
	@echo 'make lint, make format, make dist, make doctor (what is installed and found), make gpu-check'
	@echo '(what the GPU computes, and how fast; 12 minutes), make clean'

install: $(INSTALLED)

$(INSTALLED): constraints.txt openmmlab.txt setup.py pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITABLE)' 2>/dev/null || { \
		echo "error: Python 3.11 or 3.12 is needed, $(or $(PYTHON),python3) is not; name one: make PYTHON=/path/to/python3.12" >&2; \
		exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "error: $(PYTHON) -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; }
	$(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[benchmark,slurm,test,lint]'
	@# without dependencies, for one OpenCV only; a full mmcv that is there stays
	if $(PY) -c 'from importlib import metadata; metadata.version("mmcv")' 2>/dev/null; \
		then grep -v '^mmcv-lite' openmmlab.txt; else cat openmmlab.txt; fi > $(VENV)/openmmlab.txt
	$(PIP) install --no-deps -c constraints.txt -r $(VENV)/openmmlab.txt
	@touch $@

demo: $(INSTALLED)
	$(PY) tools/benchmark.py run --profile demo

smoke: $(INSTALLED)
	$(PY) tools/data/make_digits.py --data-root $(SMOKE)/data --num-train 32 --num-test 16 --quiet
	MLFO_DATA_ROOT=$(SMOKE)/data $(PY) tools/benchmark.py run --profile smoke \
		--methods simclr random --work-dir $(SMOKE) --results $(SMOKE)/results

demo-full: $(INSTALLED)
	$(PY) tools/benchmark.py run --profile demo --tables 1 2 3 4 levels figure4 figure5
	$(PY) tools/benchmark.py report --profile demo

report: $(INSTALLED)
	$(PY) tools/benchmark.py report --profile $(PROFILE)

test: $(INSTALLED)
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 -m 'not product'

test-all: $(INSTALLED)
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2

test-fast: $(INSTALLED)
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 -m 'not slow and not product'

coverage: $(INSTALLED)
	$(PY) -m coverage erase
	OMP_NUM_THREADS=1 $(PY) -m coverage run -m pytest -n 2
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

lint: $(INSTALLED)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(STRICT)

format: $(INSTALLED)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

$(VENV)/docs: $(INSTALLED)
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@

docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build

dist: $(INSTALLED)
	$(PIP) install --quiet -c constraints.txt -e '.[dist]'
	rm -rf build/lib dist
	$(PY) -m build

gpu-check: $(INSTALLED)
	$(PY) tools/dev/gpu_check.py $(GPU_CHECK)

# before anything is installed too: the standard library will do
doctor:
	@$(if $(wildcard $(PY)),$(PY),$(or $(PYTHON),python3)) tools/doctor.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage*
