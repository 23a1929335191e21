"""The ways in which Homeward says no. Each carries one sentence for a person to read."""


class HomewardError(Exception):
    """Base of the errors a user may see; ``exit_code`` is what the command line returns."""

    exit_code = 1


class InputError(HomewardError):
    """Bad input: names the file, the key and what was expected. Exit code 2."""

    exit_code = 2


class NotMet(HomewardError):  # noqa: N818
    """What was flown is told, and is not what ``--require`` asked for. Exit code 4."""

    exit_code = 4


class Infeasible(HomewardError):  # noqa: N818
    """Physically impossible as asked: says why, and the nearest thing that works. Exit code 3."""

    exit_code = 3


def one_line(text: str, longest: int = 60) -> str:
    """A text fit for a message: printable, on one line, not longer than asked."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= longest else clean[: longest - 3] + "..."
