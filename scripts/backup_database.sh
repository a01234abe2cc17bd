#!/usr/bin/env bash
# Backs up the database (daily by cron). docs/backups.md
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" database "$@"
