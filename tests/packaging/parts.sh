# Real parts that tests of the packaging drive: each installs itself at a pinned version below build/packaging, once.
# What cannot be had ends the test as skipped (77), with the reason printed; a test never passes for want of a part.
# Sourced by the executables beside it, which are called from the root of the project.
# shellcheck shell=bash

parts=$PWD/build/packaging
mkdir -p "$parts"

skip() {
    echo "SKIPPED: $*"
    exit 77
}
failed=0
check() { # sentence, command...: what must hold
    local sentence=$1
    shift
    if "$@"; then echo "ok    $sentence"; else
        echo "FAIL  $sentence"
        failed=1
    fi
}
check_equal() { # sentence, what is, what should be
    if [ "$2" = "$3" ]; then echo "ok    $1"; else
        printf 'FAIL  %s\n      is:        %s\n      should be: %s\n' "$1" "$2" "$3"
        failed=1
    fi
}

expect() { # sentence, exit code, pattern in what it says (with ! in front: not in it; empty: any), command...
    local sentence=$1 wanted=$2 pattern=$3 code=0 found=true told
    shift 3
    told=$("$@" 2>&1 </dev/null) || code=$?
    if [ -n "$pattern" ]; then grep -qE -- "${pattern#!}" <<<"$told" || found=false; fi
    if [ "${pattern#!}" != "$pattern" ]; then if $found; then found=false; else found=true; fi; fi
    if [ "$code" = "$wanted" ] && $found; then echo "ok    $sentence"; else
        echo "FAIL  $sentence: exit code $code, expected $wanted with '$pattern'; it said:"
        sed 's/^/      /' <<<"$told"
        failed=1
    fi
}

need_debian() { # packages, installed as scripts/setup does it
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "$(id -u)" = 0 ] || skip "needs the packages ${missing[*]}, and installing them needs root"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$parts/apt.log" 2>&1 ||
        skip "the packages ${missing[*]} cannot be installed: $(tail -n 1 "$parts/apt.log")"
}

need_go() { # executable, module@version: prints nothing, sets $tool
    tool=$parts/go/$1-${2##*@}/bin/$1
    [ -x "$tool" ] && return
    command -v go >/dev/null || skip "needs $2, and go is not installed here"
    GOBIN=${tool%/*} GOFLAGS=-mod=mod GOPATH=$parts/go/cache go install "$2" >"$parts/go.log" 2>&1 ||
        skip "$2 cannot be installed: $(tail -n 1 "$parts/go.log")"
}

need_python() { # name, requirement...: a virtual environment of that name; sets $python
    local name=$1 wanted
    shift
    wanted="$*"
    python=$parts/python-$name/bin/python
    [ "$(cat "$parts/python-$name/installed" 2>/dev/null)" = "$wanted" ] && return
    need_debian python3-venv
    rm -rf "$parts/python-$name"
    if ! python3 -m venv "$parts/python-$name" >"$parts/python.log" 2>&1 ||
        ! "$python" -m pip install -q "$@" >"$parts/python.log" 2>&1; then
        skip "$wanted cannot be installed: $(tail -n 1 "$parts/python.log")"
    fi
    echo "$wanted" >"$parts/python-$name/installed"
}

need_node() { # name, package@version...: sets $node to the directory that holds node_modules
    local name=$1 wanted
    shift
    wanted="$*"
    node=$parts/node-$name
    [ "$(cat "$node/installed" 2>/dev/null)" = "$wanted" ] && return
    command -v npm >/dev/null || skip "needs $wanted, and npm is not installed here"
    mkdir -p "$node"
    (cd "$node" && npm install --no-audit --no-fund --loglevel error "$@") >"$parts/npm.log" 2>&1 ||
        skip "$wanted cannot be installed: $(tail -n 1 "$parts/npm.log")"
    echo "$wanted" >"$node/installed"
}

example_of() { # document, text in it: the block of YAML that has it
    awk -v text="$2" '/^```/ { if (is_open && index(block, text)) printf "%s", block; is_open = !is_open; block = ""; next }
        is_open { block = block $0 "\n" }' "$1"
}
