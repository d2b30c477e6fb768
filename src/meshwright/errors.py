"""Every error of Meshwright.

MeshwrightError            says what, where, why and the way out
├── InputError             exit 2: what was given cannot be used
│   ├── DocumentError      documents with problems, all of them at once
│   ├── NotFound           what was asked for is not there
│   └── SqlError           a statement that does not parse or reads what it may not
├── MissingPart            exit 2: an extra, a secret, a setting or an environment is not there
├── Unavailable            exit 2: a source, a warehouse or a registry does not answer
├── BuildError             exit 1: a transformation failed
├── DriftError             exit 1: a source no longer matches its contract
├── ChecksFailed           exit 1: a candidate does not satisfy its contract
├── Refused                exit 1: a plan or a command is not allowed as it stands
│   └── PlanRefused        everything that speaks against a plan
└── Conflict               exit 1: somebody else moved first
    ├── LockHeld           another run of the same product is under way
    └── Fenced             this run lost its lock, and with it the right to publish
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the declarations.

    `code` names the rule and its docs page (``MW101``); `file` is relative to the mesh;
    `line` and `column` count from 1; `path` is the place inside the document
    (``schema[0].properties[2].required``).
    """

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str = ""
    hint: str | None = None
    severity: str = "error"  # or "warning"

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        parts = [self.file or "", str(self.line or ""), str(self.column or "")]
        return ":".join(part for part in parts if part)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        path = f" at {self.path}" if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.code} {self.message}{path}{hint}"

    def as_json(self) -> dict[str, Any]:
        """The problem as plain data for `--format json`."""
        return {name: getattr(self, name) for name in self.__slots__}


class MeshwrightError(Exception):
    """What happened, and, as far as they are known, where, why and the way out."""

    exit_code = 2
    kind = "error"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        why: str | None = None,
        way_out: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.way_out = way_out

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.why:
            text += f"\n  why: {self.why}"
        if self.way_out:
            text += f"\n  way out: {self.way_out}"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes whole, whatever their constructors ask for."""
        return _restored, (type(self), self.args, self.__dict__)

    def as_json(self) -> dict[str, Any]:
        """The error envelope of the command line and the API."""
        return {
            "kind": self.kind,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "way_out": self.way_out,
        }


def _restored(kind: type[MeshwrightError], args: tuple[Any, ...], state: dict[str, Any]) -> MeshwrightError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(MeshwrightError):
    """What was given cannot be used."""

    kind = "input"


class DocumentError(InputError):
    """One or more documents are wrong; `problems` holds every error of every file."""

    kind = "documents"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        files = {problem.file for problem in self.problems}
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        super().__init__(f"{count} {noun} in {len(files)} file{'' if len(files) == 1 else 's'}")

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), self.what])

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "problems": [p.as_json() for p in self.problems]}


class NotFound(InputError):
    """What was asked for is not there."""

    kind = "not_found"


class SqlError(InputError):
    """A statement does not parse, or reads what it may not; `line` and `column` from 1."""

    kind = "sql"

    def __init__(
        self,
        what: str,
        *,
        line: int | None = None,
        column: int | None = None,
        where: str | None = None,
        why: str | None = None,
        way_out: str | None = None,
    ) -> None:
        super().__init__(what, where=where, why=why, way_out=way_out)
        self.line = line
        self.column = column


class MissingPart(MeshwrightError):
    """An extra, a secret, a setting or an environment is not there."""

    kind = "missing"


class Unavailable(MeshwrightError):
    """A source, a warehouse or a registry does not answer, or cannot be read or written."""

    kind = "unavailable"


class BuildError(MeshwrightError):
    """A transformation failed."""

    exit_code = 1
    kind = "build"


class DriftError(MeshwrightError):
    """A source no longer matches its contract; the differences are in words."""

    exit_code = 1
    kind = "drift"


class ChecksFailed(MeshwrightError):
    """A candidate does not satisfy its contract; `results` holds every check result."""

    exit_code = 1
    kind = "checks"

    def __init__(self, what: str, results: Sequence[Any], **context: str | None) -> None:
        super().__init__(what, **context)
        self.results = tuple(results)


class Refused(MeshwrightError):
    """A plan or a command is not allowed as it stands."""

    exit_code = 1
    kind = "refused"


class PlanRefused(Refused):
    """A plan may not be applied; `refusals` have `code`, `subject`, `message` and `way_out`."""

    def __init__(self, refusals: Sequence[Mapping[str, str]]) -> None:
        self.refusals = tuple(dict(refusal) for refusal in refusals)
        super().__init__(
            "this plan is refused",
            way_out="; ".join(dict.fromkeys(refusal["way_out"] for refusal in self.refusals)),
        )

    def __str__(self) -> str:
        lines = [f"  {r['code']} {r['subject']}: {r['message']}" for r in self.refusals]
        return "\n".join([f"{self.what}:", *lines, f"  way out: {self.way_out}"])

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "refusals": [dict(refusal) for refusal in self.refusals]}


class Conflict(MeshwrightError):
    """Somebody else moved first."""

    exit_code = 1
    kind = "conflict"


class LockHeld(Conflict):
    """Another run of the same product is under way."""


class Fenced(Conflict):
    """This run lost its lock, and with it the right to publish."""
