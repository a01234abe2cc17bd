#!/usr/bin/env bash
# Runs commands side by side; what each says comes in one piece, in the order given here. Fails when one of them fails.
#
#   scripts/tools/beside.sh "make lint" "make types"
set -euo pipefail
set -m # each leads a group of processes, which can be ended with it

folder=$(mktemp -d)
pids=()

# shellcheck disable=SC2329 # called by trap
clear_up() {
    local pid
    for pid in "${pids[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap clear_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for command in "$@"; do
    bash -c "$command" >"$folder/${#pids[@]}" 2>&1 </dev/null &
    pids+=($!)
done

status=0
for i in "${!pids[@]}"; do
    wait "${pids[$i]}" || status=1
    cat "$folder/$i"
done
exit $status
