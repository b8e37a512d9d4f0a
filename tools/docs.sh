#!/bin/sh
# Builds the site; a dead link or a page outside the menu fails.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv
"$uv" sync --quiet --all-extras --group docs --frozen --inexact
export NO_MKDOCS_2_WARNING=1
exec .venv/bin/mkdocs build --strict --quiet "$@"
