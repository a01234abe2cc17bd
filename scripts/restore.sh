#!/usr/bin/env bash
# restore.sh FILE [--force]: brings a backup back into the folders that the settings name. docs/backups.md
set -euo pipefail
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" restore --from-folder "$PWD" "$@"
