# Every target works from a fresh clone: the environment in .venv is made or brought up to date first.
# PYTHON=python3.12 chooses the interpreter, VENV=.venv-3.12 another place for the environment.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

DEMO := var/demo
DEMO_FROM ?= 2017-10-01
DEMO_TO ?= 2018-12-31

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
VENV_PACKAGE := import sys; print("python%d.%d-venv" % sys.version_info[:2])
# The newest that answers: version managers leave stand-ins on PATH that only print an error.
NEWEST := for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo "$$python"; break; }; done

ifneq ($(and $(PYTHON),$(wildcard $(BIN)/python)),)
ifneq ($(shell $(PYTHON) --version),$(shell $(BIN)/python --version))
$(error $(VENV) holds $(shell $(BIN)/python --version), not $(PYTHON): remove it, or add VENV=.venv-other)
endif
endif

.PHONY: help demo run test again quick fuzz faults systemd-test bench check lock wheel clean

help:
	@echo "make demo    rehearse the example plan: every mail it would send, and a report"
	@echo "make run     the daemon on config.toml: SQLite and a Maildir under ./var"
	@echo "make test    every test        make quick   without the slow ones        make again   what failed last"
	@echo "make fuzz    200,000 phrases made of real ones (FUZZ_INPUTS, FUZZ_SEED)   make bench   speed, into docs/performance.md"
	@echo "make faults  kill -9, full disks, bad mail servers: the slow ones, too (KILL_SEED, KILL_MAILS, KILL_KILLS)"
	@echo "make systemd-test   the service under real systemds, in containers (root, systemd-nspawn, debootstrap)"
	@echo "make check   ruff, mypy, import contracts"
	@echo "make wheel   dist/notifier-*.whl"
	@echo "make lock    newest versions into requirements*.lock (needs uv)"

demo: $(STAMP)
	@rm -rf $(DEMO)
	$(BIN)/notifier --config config.toml rehearse --from $(DEMO_FROM) --to $(DEMO_TO) --out $(DEMO)
	@echo "Open $(DEMO)/index.html in a browser: a calendar of the slots, and every mail as its contact sees it."

run: $(STAMP)
	@echo "The example plan's deadlines lie in 2017 and 2018: make demo shows what it would have sent then."
	@echo "From today on it only asks for the quarterly reports; Ctrl-C stops."
	$(BIN)/notifier --config config.toml run

# On several processors, each file on one of them: what a file's tests share is made once.
SPREAD := -n auto --maxprocesses 4 --dist loadfile
test: $(STAMP)
	$(BIN)/pytest $(SPREAD)

again: $(STAMP)
	@echo "What failed, once more, with nothing beside it:"
	$(BIN)/pytest --last-failed --last-failed-no-failures none

quick: $(STAMP)
	$(BIN)/pytest $(SPREAD) -m "not slow and not long"

# Outside of `make test`: pytest finds fuzz_*.py only when told to. The first line is the seed.
fuzz: $(STAMP)
	$(BIN)/pytest -s --no-header -o python_files='fuzz_*.py' tests/fuzz

# The long faults are outside of `make test`, too; what a tool is missing for is skipped, and says so.
faults: $(STAMP)
	$(BIN)/pytest -rs --no-header -m "" -o python_files='test_*.py faults_*.py' tests/faults
	$(BIN)/pytest -rs --no-header -m long tests

# And so is this: boots Debian 12 and 13 in containers. Skips, and says so, where that can't be done.
systemd-test: $(STAMP)
	$(BIN)/pytest -rs --no-header -o python_files='systemd_*.py' tests/systemd

# Writes docs/performance.md in about a quarter of an hour. BENCH="sending people" runs these alone, BENCH=--quick
# all of them with small numbers; both only print.
bench: $(STAMP)
	$(BIN)/python -m bench $(BENCH)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

wheel: $(STAMP)
	$(BIN)/python -m pip wheel -qq --no-deps --no-build-isolation --wheel-dir dist .

# Universal: one file holds for every supported Python, with markers where they differ. The extras stay
# in it: pip looks for `name[extra]` beside a pinned `name` first in the newest release, and refuses that.
UV ?= uv
PIN := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
	--no-strip-extras --generate-hashes --no-emit-index-url --no-header
COMPILE := $(PIN) pyproject.toml
lock:
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --constraints requirements.lock --extra dev --output-file requirements-dev.lock
	$(COMPILE) --constraints requirements.lock --extra cluster --output-file requirements-extras.lock
	$(PIN) bench/against/requirements.in --output-file bench/against/requirements.lock

$(STAMP): requirements-dev.lock pyproject.toml
	@if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		python="$(PYTHON)"; [ -n "$$python" ] || python=$$($(NEWEST)); \
		[ -n "$$python" ] || { echo "notifier needs Python 3.11 or newer:" \
			"install it, or name it with make PYTHON=/path/to/python3" >&2; exit 1; }; \
		"$$python" -c '$(NEW_ENOUGH)' 2>/dev/null \
		|| { echo "$$python does not run, or is older than Python 3.11" >&2; exit 1; }; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$$python cannot make environments: install its venv package" \
			"(Debian, Ubuntu: apt-get install $$("$$python" -c '$(VENV_PACKAGE)'))" >&2; exit 1; }; \
		echo "making $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv $(VENV); \
	fi
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf build dist $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
