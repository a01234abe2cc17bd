#!/usr/bin/env bash
# Writes the console's types of the API, frontend/src/api-types.ts, from the description that the routes make of
# themselves; no server runs. With --check it only says whether the file is as it would be written.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Whatever this machine's Quadra is set to: the description is the same for all.
env -i PATH="$PATH" HOME="$HOME" PYTHONUTF8=1 ENV_FILE='' DATA_DIR="$folder/data" LOGS_DIR="$folder/logs" \
    .venv/bin/python -m flask --app app openapi >"$folder/openapi.json"
scripts/tools/npm.sh run --silent api-types -- "$folder/openapi.json" "$@"
