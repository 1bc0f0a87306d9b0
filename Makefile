# Everything `make` does happens in .venv/; only Python 3.11 to 3.13, make and git are needed.
PYTHON ?= python3
BIN := .venv/bin
SHARED ?= ../shared

.PHONY: setup run test test-fast lint types score bench fuzz wheels audit lock clean

setup: .venv/ready

.venv/ready: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

run: setup
	$(BIN)/gongbao run corpus/articles

test: setup
	$(BIN)/python -m pytest -n auto

# Without the slow tests and those of real tools.
test-fast: setup
	$(BIN)/python -m pytest -n auto -m "not (slow or browser or postgresql or libreoffice or tool)"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

score: setup
	$(BIN)/python benchmarks/score.py --shared $(SHARED)

bench: setup
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/bench.py --ner
	$(BIN)/python -m benchmarks.ratios

# Long: random texts, files and rules, and fifty kills of each command that writes, at random moments. FUZZ is the number
# of examples of each Hypothesis test, GUIDED the number of inputs of the coverage-guided fuzzer (atheris, on Linux) over
# all its targets: about an hour of one core.
FUZZ ?= 20000
GUIDED ?= 1000000
fuzz: setup
	GONGBAO_FUZZ=$(FUZZ) $(BIN)/python -m pytest -n auto -o faulthandler_timeout=0 tests/fuzz
	if $(BIN)/python -c "import atheris" 2>/dev/null; then $(BIN)/python tests/fuzz/guided.py -runs=$(GUIDED); \
	else echo "guided fuzzing left out: atheris is there for Linux on x86-64 alone"; fi
	GONGBAO_KILLS=50 $(BIN)/python -m pytest -o faulthandler_timeout=0 tests/run/test_kill.py tests/cli/test_kills.py

# The wheel in fresh environments on each Python that is here: the base alone and with each extra alone, and their sizes.
wheels: setup
	$(BIN)/python .ci/wheels.py $(PYTHONS)

# Known vulnerabilities of what the lock file pins; says so where no service could be asked.
audit: setup
	$(BIN)/python .ci/audit.py

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --group dev --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build dist
