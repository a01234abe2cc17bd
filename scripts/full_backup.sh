#!/usr/bin/env bash
# Backs up everything: models, database, state, settings, logs (weekly by cron). docs/backups.md
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" full "$@"
