#!/usr/bin/env bash
# Removes backups older than BACKUP_RETENTION, but never the newest good one (daily by cron). --dry-run only says what would go. docs/backups.md
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" cleanup "$@"
