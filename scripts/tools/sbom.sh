#!/usr/bin/env bash
# Writes what Quadra is made of as CycloneDX, with versions, hashes and licences: .cache/sbom/*.cdx.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folder=.cache/sbom
mkdir -p "$folder"
.venv/bin/cyclonedx-py requirements requirements.txt --output-reproducible \
    --output-format JSON --output-file "$folder/python.cdx.json"
scripts/tools/npm.sh sbom --omit dev --sbom-format cyclonedx >"$folder/console.cdx.json"
mapfile -t names < <(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' requirements.txt)
.venv/bin/pip-licenses --format=markdown --order=license --output-file="$folder/licences.md" \
    --packages "${names[@]}" >/dev/null
ls -l "$folder"
