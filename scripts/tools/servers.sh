#!/usr/bin/env bash
# Gets the programs that the tests drive and that come from no Python wheel:
#
#   Chromium     installed with apt-get where this user may (root, or sudo without a password)
#   Prometheus, Alertmanager, VictoriaMetrics, InfluxDB, age   taken from Debian's packages without installing them
#   Redis, nginx, HAProxy   the same way, with the libraries that this machine lacks for them
#   libfaketime  the same way: a library that lets a server's clock step
#
# Those are only downloaded (apt-get checks their signatures) and unpacked into .cache/tools: installing the packages
# would start services on well-known ports, and would need root. What is there already is used and never replaced.
# What cannot be had is named at the end; the tests that need it are then skipped by name. Exit code 0 all the same.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tools=.cache/tools
missing=()

say() { printf '%s\n' "$*" >&2; }

have_apt() { command -v apt-get >/dev/null; }

# --- programs that are unpacked

# unpack PACKAGE: leaves the files of a Debian package in .cache/tools/PACKAGE.
unpack() {
    local package=$1 work lists
    work=$(mktemp -d "$PWD/.cache/unpack.XXXXXX")
    lists=$PWD/.cache/apt
    # Our own folders for apt's lists, so that no root is needed where the machine has none or only old ones.
    mkdir -p "$lists"/{state/lists/partial,cache/archives/partial}
    local private=(-o "Dir::State=$lists/state" -o "Dir::Cache=$lists/cache"
        -o Dir::State::status=/var/lib/dpkg/status)
    local common=(-qq -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
    if (cd "$work" && apt-get "${common[@]}" download "$package") >"$work/log" 2>&1 ||
        { apt-get "${common[@]}" "${private[@]}" update >>"$work/log" 2>&1 &&
            (cd "$work" && apt-get "${common[@]}" "${private[@]}" download "$package") >>"$work/log" 2>&1; } &&
        dpkg-deb -x "$work"/*.deb "$work/files" >>"$work/log" 2>&1; then
        rm -rf "${tools:?}/$package"
        mv "$work/files" "$tools/$package"
        rm -rf "$work"
        return
    fi
    tail -n 3 "$work/log" >&2 || true
    rm -rf "$work"
    return 1
}

# unpacked PACKAGE PROGRAM...: sees to it that the programs are on PATH or in .cache/tools/PACKAGE/usr/bin.
unpacked() {
    local package=$1 program there=true
    shift
    for program in "$@"; do
        command -v "$program" >/dev/null || [ -x "$tools/$package/usr/bin/$program" ] || there=false
    done
    if $there; then return; fi
    if ! have_apt; then
        missing+=("$* (no apt-get here; any $package on PATH will do)")
        return
    fi
    say "Getting $package ..."
    unpack "$package" || missing+=("$* (apt-get could not get the package $package)")
}

# libraries_of PACKAGE: names the packages with libraries, or further parts of itself, that it leans on and that are
# not installed here.
libraries_of() {
    local package=$1 found
    apt-cache depends --recurse --important "$package" 2>/dev/null | grep -E "^(lib|lua-|${package%%-*}-)" |
        sort -u | while read -r found; do
        case $found in "$package" | *-common | *-dev | *-mod-* | lib*-perl) continue ;; esac
        if [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$found" 2>/dev/null)" != "ii " ]; then echo "$found"; fi
    done
}

# unpacked_whole PACKAGE PROGRAM: as `unpacked`, for a program whose libraries the machine may lack. It and they lie
# in .cache/tools/PACKAGE; whoever starts it names the folder in LD_LIBRARY_PATH (tests/servers/programs.py).
unpacked_whole() {
    local package=$1 program=$2 library
    if command -v "$program" >/dev/null || [ -e "$tools/$package/complete" ]; then return; fi
    unpacked "$package" "$program"
    if [ ! -d "$tools/$package" ]; then return; fi
    for library in $(libraries_of "$package"); do
        if unpack "$library"; then
            cp -a "$tools/$library/." "$tools/$package/"
            rm -rf "${tools:?}/$library"
        fi
    done
    touch "$tools/$package/complete"
}

# --- programs that must be installed

# Ubuntu's chromium-browser only tells people to use snap: so ask each for its version.
find_chromium() {
    local name
    for name in ${CHROMIUM:+"$CHROMIUM"} chromium google-chrome google-chrome-stable chromium-browser; do
        if command -v "$name" >/dev/null && command "$name" --version 2>/dev/null | grep -qi 'chrom'; then return; fi
    done
    return 1
}

get_chromium() {
    if find_chromium; then return; fi
    local as_root=()
    if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi
    if ! have_apt || ! "${as_root[@]}" true 2>/dev/null; then
        missing+=("chromium (may not install it here; any Chromium or Chrome on PATH, or CHROMIUM=/path/to/it, will do)")
        return
    fi
    say "Installing Chromium with apt-get ..."
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get install -y -qq --no-install-recommends chromium)
    mkdir -p .cache
    if ! "${install[@]}" >.cache/chromium.log 2>&1; then
        # Its lists may be missing or old.
        { "${as_root[@]}" apt-get update -qq && "${install[@]}"; } >.cache/chromium.log 2>&1 || true
    fi
    if ! find_chromium; then
        tail -n 3 .cache/chromium.log >&2
        missing+=("chromium (apt-get could not install it)")
    fi
}

mkdir -p "$tools"
if command -v flock >/dev/null; then
    exec 9>.cache/servers.lock
    flock 9
fi
get_chromium
unpacked prometheus prometheus promtool
unpacked prometheus-alertmanager prometheus-alertmanager amtool
unpacked victoria-metrics victoria-metrics
unpacked influxdb influxd
unpacked age age age-keygen
unpacked_whole redis-server redis-server
unpacked_whole nginx nginx
unpacked_whole haproxy haproxy
if [ ! -d "$tools/libfaketime" ]; then
    say "Getting libfaketime ..."
    { have_apt && unpack libfaketime; } || missing+=("libfaketime (apt-get could not get it)")
fi

if [ ${#missing[@]} -gt 0 ]; then
    say "Could not be had, so the tests that need it are skipped:"
    for name in "${missing[@]}"; do say "  $name"; done
fi
