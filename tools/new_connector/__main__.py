"""Start a connector: `python -m tools.new_connector NAME`."""

import subprocess
import sys
from pathlib import Path

from tools.new_connector.scaffold import NameRefusedError, scaffold


def main() -> int:
    """Write the files, say what is left to do, and return the exit status."""
    name = " ".join(sys.argv[1:])
    try:
        written = scaffold(Path.cwd(), name)
    except NameRefusedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    python = [path for path in written if path.endswith(".py")]
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *python], check=False)
    for path in written:
        print(path)
    print(
        f"""
Next:
1. Add this line to pyproject.toml, under [project.entry-points."landbridge.connectors"]:
       {name} = "landbridge.connectors.{name}.manifest:MANIFEST"
   and run: uv sync --all-extras
2. Make the contract pass: .venv/bin/pytest tests/contract/test_{name}_contract.py
3. Keep the standard: docs/standards/connector.md
4. make generate && make check"""
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
