#!/usr/bin/env bash
# Backs up the field's saved versions (hourly by cron). docs/backups.md
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" models "$@"
