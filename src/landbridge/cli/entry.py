"""Where the command begins: what must be set before anything else is imported."""

import gc

from landbridge.app.process import settle_process


def main() -> None:
    """Run the command line."""
    settle_process()
    gc.disable()  # importing makes no garbage; looking for some takes a tenth of the start
    from landbridge.cli.main import main as run  # noqa: PLC0415  after what is set above

    gc.freeze()
    gc.enable()
    run()
