#!/usr/bin/env bash
# Runs `python -m quadra.backup` with its arguments, from anywhere and with nothing in the environment.
# `--env-file FILE` may stand anywhere among them. Exit codes: docs/backups.md
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

python=.venv/bin/python
if [ ! -x "$python" ]; then
    python=$(command -v python3) || { echo "No Python here: run \`make run\` once." >&2; exit 2; }
fi
if [ -z "${PATH-}" ]; then PATH=/usr/local/bin:/usr/bin:/bin; fi
export PATH PYTHONUTF8=1

settings=() rest=()
while [ $# -gt 0 ]; do
    case $1 in
        --env-file) settings=(--env-file "${2-}"); shift ;;
        --env-file=*) settings=("$1") ;;
        *) rest+=("$1") ;;
    esac
    shift || break
done
exec "$python" -m quadra.backup "${settings[@]}" "${rest[@]}"
