# Every target sets itself up: git, make and Python >= 3.11 are all that must be there.
PYTHON ?= python3
UV     := .venv/bin/uv
RUN    := $(UV) run --frozen --no-sync
READY  := .venv/.ready

# no browser comes with the driver: Debian's is installed where there is none
define CHROMIUM
for name in chromium chromium-browser google-chrome; do \
  command -v $$name >/dev/null && exit 0; \
done; \
if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
  echo "make browser needs Chromium on the PATH. Next: sudo apt-get install chromium" >&2; exit 1; \
fi; \
apt-get update -qq && \
DEBIAN_FRONTEND=noninteractive apt-get install -qq chromium fonts-liberation >/dev/null
endef

.DEFAULT_GOAL := help
.PHONY: help demo test long browser chaos check audit bench docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv lives inside .venv, so that nothing outside the checkout changes
$(UV):
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv

$(READY): $(UV) uv.lock pyproject.toml
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --quiet --inexact
	@touch $@

demo: $(READY) ## a simulated month against the sandbox: the whole thing, in two minutes
	$(RUN) penstock demo

test: $(READY) ## the tests, but for the long ones
	$(RUN) pytest -n 3 --dist worksteal -m "not long and not browser"

long: $(READY) ## the long tests: one vendor at a time, deeper than the contract suite
	$(RUN) pytest -n 3 --dist worksteal -m long

browser: $(READY) ## the pages and notebooks in Chromium, with pictures in screenshots/
	@$(CHROMIUM)
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --quiet --inexact --group browser
	$(RUN) pytest -m browser tests/browser

chaos: $(READY) ## seeds of trouble: SEEDS=200 [FIRST=1], or SEED=7 alone (docs/chaos.md)
	$(RUN) python -m tests.faults.chaos --workers $(or $(WORKERS),2) \
	  $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),20) --first $(or $(FIRST),1))

check: $(READY) ## lint, types, import rules
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports --no-cache

audit: $(READY) ## known vulnerabilities of what uv.lock pins (asks api.osv.dev)
	$(UV) audit --frozen --preview-features audit-command

bench: $(READY) ## measurements (docs/benchmarks.md)
	$(RUN) python -m tests.benchmarks

docs: $(READY) ## the pages of the vendors and of the published model
	$(RUN) python -m pipelines.vendor_pages
	$(RUN) python -m pipelines.model_page

clean: ## removes what was made: environment, caches, data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis screenshots data
