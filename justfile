# Everyday commands. `uv run just` lists them.

default:
    @just --list

# Run everything on this machine: PostgreSQL, Valkey, API, worker.
up *arguments:
    uv run quire up {{arguments}}

# Run the tests; `-m faults` runs those that kill processes, `-m journey` and `-m browser` those with real ones.
test *arguments:
    uv run pytest {{arguments}}

# Run the benchmark against bare Litestar and the original design; `--quick` takes two minutes.
bench *arguments:
    uv run --group load python -m tests.load.bench {{arguments}}

# Check everything that needs no running product: format, types, imports, migrations, documents, locked versions.
check: lock
    git diff --exit-code -- requirements.lock
    uv run ruff format --check .
    uv run ruff check .
    uv run lint-imports
    uv run mypy
    uv run pytest -q tests/architecture
    @echo "kernel: $(cat $(git ls-files 'platform/kernel/*.py') | wc -l) lines in $(git ls-files 'platform/kernel/*.py' | wc -l) files"

# Fix what tools can fix.
format:
    uv run ruff check --fix .
    uv run ruff format .

# (Pins that still fit stay: a mirror may learn late of a release that is older than `exclude-newer`, so a resolution from
# nothing differs from one machine to the next.)

# Lock what the image installs, with hashes; `--upgrade` renews the pins.
lock *arguments:
    uv pip compile --quiet --universal --generate-hashes --no-header --output-file requirements.lock {{arguments}} pyproject.toml > /dev/null

# Write the committed OpenAPI document.
openapi:
    uv run quire openapi > openapi.json

# Generate the next migration of one owner: `just migration users "add bio"`.
migration owner message:
    uv run quire migrate --data-dir .quire
    uv run alembic -x module={{owner}} revision --autogenerate --head {{owner}}@head -m "{{message}}"
