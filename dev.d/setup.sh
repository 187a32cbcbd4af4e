# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Installs what a purpose needs and the machine lacks; sourced by ./dev.
#
# dev.d/packages/<purpose>.txt names the Debian packages. Python packages go into a virtual
# environment under build/, never into the system. A stamp a purpose under build/.setup/ makes
# the second call free; it holds a hash of the lists and of the state of dpkg.

setup() {  # purpose...
    [[ ${TRADEWIND_SKIP_SETUP:-0} != 1 ]] || return 0
    local purpose wanted=()
    for purpose in "$@"; do
        [[ -f $root/dev.d/packages/$purpose.txt ]] ||
            stop "nothing to set up for '$purpose'; choose of: build test check bench"
        setup_is_done "$purpose" || wanted+=("$purpose")
    done
    ((${#wanted[@]})) || return 0

    install_debian_packages "${wanted[@]}"
    for purpose in "${wanted[@]}"; do
        case $purpose in
            test)
                install_python_packages venv tests/requirements.txt
                install_python_packages venv-peers tests/requirements-peers.txt
                install_python_packages venv-freqtrade tests/requirements-freqtrade.txt
                install_python_packages venv-venues tests/requirements-venues.txt
                ;;
            bench) install_python_packages venv-bench bench/requirements.txt ;;
        esac
        mkdir -p "$build/.setup"
        setup_key "$purpose" >"$build/.setup/$purpose"
    done
}

setup_is_done() {  # purpose
    [[ -f $build/.setup/$1 && $(<"$build/.setup/$1") == "$(setup_key "$1")" ]]
}

setup_key() {  # purpose
    local requirements=()
    [[ $1 == test ]] && requirements=(tests/requirements*.txt)
    [[ $1 == bench ]] && requirements=(bench/requirements.txt)
    {
        cat "dev.d/packages/$1.txt" dev.d/packages/build.txt "${requirements[@]}"
        # dpkg rewrites this file whenever a package comes or goes.
        stat -c '%Y %s' /var/lib/dpkg/status 2>/dev/null || true
    } | sha256sum | cut -d' ' -f1
}

install_debian_packages() {  # purpose...
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        stop "this is not Debian 12 (no apt-get); install what dev.d/packages/ lists by hand, then set TRADEWIND_SKIP_SETUP=1"

    local purpose missing=()
    mapfile -t missing < <(
        for purpose in "$@"; do grep -v '^#' "dev.d/packages/$purpose.txt"; done | sort -u |
            while read -r package; do
                [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
                    echo "$package"
            done
    )
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            stop "these packages are missing, and without root or sudo they cannot be installed: ${missing[*]}"
        as_root=(sudo)
        # Where nobody can type a password, say so at once.
        [[ -t 0 ]] || sudo -n true 2>/dev/null ||
            stop "these packages are missing, and sudo wants a password that nobody can type here: ${missing[*]}"
    fi

    say "installing ${#missing[@]} Debian packages for $*: ${missing[*]}"
    local log="$build/setup.log"
    mkdir -p "$build"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 update \
        >"$log" 2>&1 || say "apt-get update failed (build/setup.log); trying with the lists at hand"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
        install --yes --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || {
        grep -E '^(E|W|Err)' "$log" | tail -n 5 >&2 || true
        stop "apt-get could not install ${missing[*]} (no network, or no Debian 12?); the whole output is in build/setup.log"
    }
}

install_python_packages() {  # venv requirements
    local venv="$build/$1" requirements=$2 log="$build/setup.log" key
    key=$(sha256sum <"$requirements" | cut -d' ' -f1)
    [[ ! -f $venv/.installed || $(<"$venv/.installed") != "$key" ]] || return 0
    say "installing the Python packages of $requirements into build/$1"
    mkdir -p "$build"
    rm -rf "$venv"
    "$python" -m venv "$venv" >"$log" 2>&1 &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --requirement "$requirements" >>"$log" 2>&1 || {
        grep -i error "$log" | tail -n 3 >&2 || true
        stop "the Python packages of $requirements could not be installed (no network?); the whole output is in build/setup.log"
    }
    echo "$key" >"$venv/.installed"
}
