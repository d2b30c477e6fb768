"""Whether the version of a contract says what its changes mean."""

from __future__ import annotations

from collections.abc import Sequence

from meshwright.errors import Problem
from meshwright.experience.compatibility.kinds import ContractChange
from meshwright.model.address import version_tuple
from meshwright.model.contract import Contract

BREAKING = "MW501"
BACKWARDS = "MW505"


def judge_version(old: Contract, new: Contract, changes: Sequence[ContractChange]) -> Problem | None:
    """Why the new contract is refused under its version, or None when it is not.

    A breaking change needs a new major version; a version may not go backwards. Compatible changes
    may keep their version.
    """
    before, after = _padded(old.version), _padded(new.version)
    if after < before:
        return Problem(
            BACKWARDS,
            f"contract `{new.id}` goes back from version {old.version} to {new.version}",
            file=new.file,
            path="version",
            hint=f"give it a version after {old.version}",
        )
    breaking = [change for change in changes if change.breaking]
    if not breaking or new.major > old.major:
        return None
    first = "; ".join(f"{change.place or 'the contract'}: {change.reason}" for change in breaking[:3])
    more = f"; and {len(breaking) - 3} more" if len(breaking) > 3 else ""
    return Problem(
        BREAKING,
        f"contract `{new.id}` changes in a way that breaks consumers, but stays major {old.major}: "
        f"{first}{more}",
        file=new.file,
        path="version",
        hint=f"serve it as version {old.major + 1}.0.0 next to {old.version}, "
        'or say why with --allow-breaking "REASON"',
    )


def _padded(version: str) -> tuple[int, ...]:
    numbers = version_tuple(version)
    return (*numbers, 0, 0, 0)[:3]
