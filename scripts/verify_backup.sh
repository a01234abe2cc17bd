#!/usr/bin/env bash
# verify_backup.sh FILE: restores a backup into a scratch folder and checks all of it. docs/backups.md
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" verify --from-folder "$PWD" "$@"
