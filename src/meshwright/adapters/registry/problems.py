"""The one place that turns what a database says into what a person can use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from meshwright.errors import Unavailable

_SQLITE: dict[str, tuple[str, str]] = {
    "SQLITE_BUSY": ("the registry is locked by another process", "wait for it to end, then run this again"),
    "SQLITE_LOCKED": ("the registry is locked by another process", "wait for it to end, then run this again"),
    "SQLITE_FULL": ("the disk that holds the registry is full", "free some space, then run this again"),
    "SQLITE_READONLY": (
        "the registry cannot be written",
        "give this user write access to the file and to its folder",
    ),
    "SQLITE_PERM": ("the registry may not be read", "give this user access to the file and to its folder"),
    "SQLITE_CANTOPEN": (
        "the registry cannot be opened",
        "check that the folder exists and that this user may write to it",
    ),
    "SQLITE_IOERR": ("the disk that holds the registry failed", "check the disk and the space left on it"),
    "SQLITE_CORRUPT": ("the registry's file is damaged", "restore it from a backup"),
    "SQLITE_NOTADB": ("this file is no registry", "name another file in mesh.yaml, or move this one away"),
}

_POSTGRES: dict[str, tuple[str, str]] = {
    "28": (
        "the registry's server refuses the login",
        "check the user in the URL and the password in the environment's secrets (`registry`)",
    ),
    "3D": ("the registry's database does not exist", "create it, or correct its name in mesh.yaml"),
    "53": ("the registry's server is out of disk, memory or connections", "free some, then run this again"),
    "55": ("the registry is locked by another process", "wait for it to end, then run this again"),
    "40": ("the registry undid this because of other work under way", "run it again"),
    "25": ("the registry cannot be written", "connect to the primary server, not to a read-only one"),
    "42501": ("the registry may not be written by this user", "grant the user all rights on its tables"),
    "57": ("the registry's server is stopping or starting", "wait until it is up, then run this again"),
}


@contextmanager
def translated(where: str, password: str | None = None) -> Iterator[None]:
    """Raise `Unavailable` for what the database raises inside; never with the password.

    `where` names the registry without secrets.
    """
    try:
        yield
    except DBAPIError as error:
        raise _unavailable(error.orig or error, where, password) from _harmless(error, password)
    except PoolTimeout:
        raise Unavailable(
            "no connection to the registry became free",
            where=where,
            why="all connections of this process are in use",
            way_out="run fewer things at once in one process",
        ) from None
    except OSError as error:
        raise Unavailable(
            "the registry cannot be opened",
            where=where,
            why=error.strerror or type(error).__name__,
            way_out="check that the folder exists and that this user may write to it",
        ) from error


def _unavailable(cause: BaseException, where: str, password: str | None) -> Unavailable:
    what, way_out = _words(cause)
    why = _scrubbed(" ".join(str(cause).split()), password)
    return Unavailable(what, where=where, why=why or type(cause).__name__, way_out=way_out)


def _words(cause: BaseException) -> tuple[str, str]:
    name = getattr(cause, "sqlite_errorname", None)
    if isinstance(name, str):
        for known, words in _SQLITE.items():
            if name.startswith(known):
                return words
        return ("the registry refuses this", "report it: this should not happen")
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        found = _POSTGRES.get(state) or _POSTGRES.get(state[:2])
        return found or ("the registry refuses this", "report it: this should not happen")
    text = str(cause)
    if "password" in text or "authentication" in text:
        return _POSTGRES["28"]
    if "does not exist" in text:
        return _POSTGRES["3D"]
    return (
        "the registry does not answer",
        "check that its server runs and that the URL in mesh.yaml names it",
    )


def _scrubbed(text: str, password: str | None) -> str:
    return text.replace(password, "***") if password else text


def _harmless(error: DBAPIError, password: str | None) -> BaseException | None:
    """The cause to keep for a traceback; none when its text would show the password."""
    return None if password and password in f"{error} {error.orig}" else error
