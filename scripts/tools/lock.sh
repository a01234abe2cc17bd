#!/usr/bin/env bash
# Writes the lock files anew from pyproject.toml, for every platform and Python from 3.11 on, with hashes.
# What is locked stays as it is where it still fits; with UPGRADE=1 everything goes to its newest version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export UV_CUSTOM_COMPILE_COMMAND="make lock"   # what the header of each file says

compile() {
    .venv/bin/python -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        ${UPGRADE:+--upgrade} "$@"
}

compile pyproject.toml --output-file requirements.txt
# With the versions of the runtime lock, so that both go into one .venv.
compile --group dev --constraints requirements.txt --output-file requirements-dev.txt
compile --group node --output-file requirements-node.txt
