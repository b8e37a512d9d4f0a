"""What is set for the whole process before the libraries that look at it are imported."""

import os


def settle_process() -> None:
    """Keep the linear algebra library from starting threads: nothing here needs them.

    They would wait by spinning, beside the servers that a copy shares its processors with.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
