# The commands of a working day. `uv run just` lists them.

default:
    @just --list

# Everything on this machine: PostgreSQL, Valkey, API, worker.
up *arguments:
    uv run quire up {{arguments}}

# The tests; `just test -m faults` runs those that kill processes, `-m journey` and `-m browser` the real ones.
test *arguments:
    uv run pytest {{arguments}}

# The benchmark against bare Litestar and the original design; `just bench --quick` in two minutes.
bench *arguments:
    uv run --group load python -m tests.load.bench {{arguments}}

# All that can be said without running the product: form, types, walls, migrations, documents, locked versions.
check: lock
    git diff --exit-code -- requirements.lock
    uv run ruff format --check .
    uv run ruff check .
    uv run lint-imports
    uv run mypy
    uv run pytest -q tests/architecture
    @echo "kernel: $(cat $(git ls-files 'platform/kernel/*.py') | wc -l) lines in $(git ls-files 'platform/kernel/*.py' | wc -l) files"

# Mend what tools can mend.
format:
    uv run ruff check --fix .
    uv run ruff format .

# What the image installs, with hashes. Pins that still fit stay (a mirror may learn late of a release that is older than
# `exclude-newer`, so a resolution from nothing differs from one machine to the next); `just lock --upgrade` renews them.
lock *arguments:
    uv pip compile --quiet --universal --generate-hashes --no-header --output-file requirements.lock {{arguments}} pyproject.toml > /dev/null

# The committed OpenAPI document.
openapi:
    uv run quire openapi > openapi.json

# The next migration of one owner: `just migration users "add bio"`.
migration owner message:
    uv run quire migrate --data-dir .quire
    uv run alembic -x module={{owner}} revision --autogenerate --head {{owner}}@head -m "{{message}}"
