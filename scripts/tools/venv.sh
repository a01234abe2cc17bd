#!/usr/bin/env bash
# Brings .venv to what a lock file says.
#
#   scripts/tools/venv.sh run     what `make run` needs      (requirements.txt)
#   scripts/tools/venv.sh dev     what tests and checks need (requirements-dev.txt)
#   scripts/tools/venv.sh node    Node.js, where the machine has none (requirements-node.txt)
#
# Does nothing, in some hundredths of a second, when all is there. PYTHON=/path/to/python chooses the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case "${1-}" in
    run) lock=requirements.txt what="Quadra's Python packages" ;;
    dev) lock=requirements-dev.txt what="Python packages for tests and checks" ;;
    node) lock=requirements-node.txt what="Node.js, as a Python package" ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac

venv=.venv
python=$venv/bin/python
stamp=$venv/.installed-$1   # holds the checksum of the lock file that was installed
busy=$venv/.being-changed   # there while a change is under way: found by a later run, that one was cut off

say() { printf '%s\n' "$*" >&2; }

# Two runs at a time must not both install. (macOS has no flock; there it is up to the user.)
mkdir -p .cache
if command -v flock >/dev/null; then
    exec 9>.cache/setup.lock
    flock 9
fi

# A venv is whole when its interpreter starts, is new enough, and is still the one that it was made for:
# an upgrade of the machine's Python leaves packages of the old version behind.
whole() {
    [ ! -e "$busy" ] && "$python" -ISc '
import pathlib, sys
version = sys.version_info[:2]
made_for = pathlib.Path(sys.argv[1], "lib", "python%d.%d" % version, "site-packages", "pip")
sys.exit(version < (3, 11) or not made_for.is_dir())' "$venv" 2>/dev/null
}

find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -ISc 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "Quadra needs Python 3.11 or newer, and none was found on PATH."
    say "Install one (Debian, Ubuntu: apt install python3 python3-venv) or name it: make run PYTHON=/path/to/python3"
    exit 2
}

# Debian and Ubuntu keep half of venv in a package of its own.
need_ensurepip() {
    if "$1" -c 'import ensurepip' 2>/dev/null; then return; fi
    local as_root=() package install
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
    if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
        say "Python's venv lacks pip here: installing the package $package ..."
        install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
            apt-get install -y -qq --no-install-recommends "$package")
        "${install[@]}" >/dev/null 2>&1 ||
            { "${as_root[@]}" apt-get update -qq && "${install[@]}"; } >/dev/null || true
        if "$1" -c 'import ensurepip' 2>/dev/null; then return; fi
    fi
    say "Python's venv lacks pip here. Install it with: sudo apt install $package"
    exit 2
}

if ! whole; then
    base=$(find_python)
    need_ensurepip "$base"
    [ ! -e "$venv" ] || say "$venv is incomplete or of another Python: making it anew."
    rm -rf "$venv"
    mkdir -p "$venv"
    : >"$busy"
    "$base" -m venv "$venv"
    rm "$busy"
fi

checksum=$("$python" -ISc '
import hashlib, pathlib, sys
print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest())' "$lock")
if [ "$(cat "$stamp" 2>/dev/null)" != "$checksum" ]; then
    say "Installing $what ..."
    : >"$busy"
    if ! "$python" -m pip install -qq --no-input --disable-pip-version-check --require-hashes -r "$lock" >&2; then
        # pip takes back what it had begun, so the venv is as whole as before.
        rm "$busy"
        say "pip could not install what $lock names; what it said stands above."
        exit 1
    fi
    printf '%s\n' "$checksum" >"$stamp"
    rm "$busy"
fi
