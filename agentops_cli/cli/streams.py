"""What becomes of output that nobody reads."""

import os
import sys


def silence_stdout() -> None:
    """Sends all further output to nowhere: a reader that left is no error of the command.

    What is still buffered must not raise again when Python ends.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
