"""The one error that a person is meant to read."""


class DataError(Exception):
    """The data or the request is wrong.

    The message is one line that says what is wrong, where, and what to do. The command line prints it
    and exits with 1. Anything else that escapes is a bug.
    """
