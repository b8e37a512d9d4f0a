"""Where the command begins: what must be set before anything else is imported."""

import gc
import os


def main() -> None:
    """Run the command line."""
    # No linear algebra is done here: its threads would only take turns with the servers.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # importing makes no garbage; looking for some takes a tenth of the start
    from landbridge.cli.main import main as run  # noqa: PLC0415  after what is set above

    gc.freeze()
    gc.enable()
    run()
