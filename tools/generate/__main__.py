"""Write the generated files, or with `--check` tell which are not as they should be."""

import argparse
import sys
from pathlib import Path

from tools.generate import commands, connectors, documents, errors, schemas
from tools.generate.pages import Pages, differences, write


def everything() -> Pages:
    """Return every generated file."""
    manifests = connectors.manifests()
    return {
        **schemas.pages(manifests),
        **documents.pages(),
        **errors.pages(),
        **connectors.pages(manifests),
        **commands.pages(),
    }


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a diff")
    root = Path(__file__).parents[2]
    if not parser.parse_args().check:
        for name in write(root, everything()):
            print(name)
        return 0
    found = list(differences(root, everything()))
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("run: make generate", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
