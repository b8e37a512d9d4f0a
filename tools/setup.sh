#!/bin/sh
# Makes .venv from uv.lock. Needs Python 3.11+ and the package index, nothing else.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python_here() {
    for name in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 python3.14; do
        if fits "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "error: no Python 3.11 or newer on the path; set PYTHON=/path/to/python3" >&2
    exit 1
}

if [ -x .venv/bin/python ] && ! fits .venv/bin/python; then
    echo "error: .venv has an old Python; remove it: rm -r .venv" >&2
    exit 1
fi

if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
    uv=uv
    [ -x .venv/bin/python ] || uv venv --quiet --python "$(python_here)" .venv
else
    if [ ! -x .venv/bin/pip ] && ! "$(python_here)" -m venv .venv; then
        echo "error: this Python cannot make environments;" \
            "on Debian run: apt-get install -y python3-venv" >&2
        exit 1
    fi
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv
    uv=.venv/bin/uv
fi
# Behind a company proxy only the system's certificates are right; elsewhere uv's own are.
"$uv" sync --quiet --all-extras --frozen --inexact ||
    UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 "$uv" sync --quiet --all-extras --frozen --inexact
touch .venv/.ready
