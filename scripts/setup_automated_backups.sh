#!/usr/bin/env bash
# Has cron make backups: `setup_automated_backups.sh` (or `install`), `show`, `remove`. docs/backups.md
# The settings that are in force now are kept for cron, which gives its programs none: run it again after a change.
set -euo pipefail
case "${1-install}" in
    install | show | remove) ;;
    --show) set -- show ;;
    --remove | --uninstall) set -- remove ;;
    *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
esac
exec "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tools/backup.sh" schedule "${1-install}"
