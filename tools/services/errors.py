"""Why a server could not be had."""


class ServiceMissingError(Exception):
    """This machine has no such server and may not install one.

    The message names the one command that would provide it.
    """


class ServiceFailedError(Exception):
    """The server is installed but did not come up; the message ends with its log."""


class ServiceForeignError(Exception):
    """The server was named by the environment: it is not ours to stop, kill or start."""
