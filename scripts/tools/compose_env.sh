#!/usr/bin/env bash
# Makes .env with a password for each service of docker-compose.yml, for its owner alone. One that is there stays.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [ -e .env ]; then
    echo ".env is there already; nothing is changed." >&2
    exit 0
fi
secret() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom 2>/dev/null | head -c 40 || true; }
umask 077
{
    echo "# Passwords of docker-compose.yml; made by scripts/tools/compose_env.sh."
    for name in POSTGRES_PASSWORD REDIS_PASSWORD SECRET_KEY QUADRA_ADMIN_TOKEN GRAFANA_PASSWORD; do
        echo "$name=$(secret)"
    done
} >.env.new
mv .env.new .env
echo "Made .env. Start with: docker compose up -d"
