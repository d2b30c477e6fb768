"""What a source has against what its contract says, in words."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from meshwright.errors import DriftError
from meshwright.model.contract import ContractObject, Property
from meshwright.model.types import column_type


def is_classified(prop: Property) -> bool:
    """Whether values of the property may not be shown: any classification but `public`."""
    if prop.classification is not None and prop.classification.strip().lower() != "public":
        return True
    nested = [*prop.properties, *(part for part in (prop.items, prop.map_key, prop.map_value) if part)]
    return any(is_classified(part) for part in nested)


def require_columns(obj: ContractObject, found: Collection[str], where: str, hint: str | None = None) -> None:
    """Raises `DriftError` when columns of the contract are not there, with the likely new names."""
    missing = [prop.column for prop in obj.properties if prop.column not in found]
    if not missing:
        return
    spare = [name for name in found if obj.find(name) is None]
    words = "; ".join(f"no column {name}{suggestion(name, spare)}" for name in missing)
    listed = ", ".join(list(found)[:30]) + (", ..." if len(found) > 30 else "")
    raise DriftError(
        f"the source no longer matches its contract: {words}",
        where=where,
        why=f"columns at the source: {listed or 'none'}",
        way_out=hint or "correct the source, or change the contract (a new major version if it breaks)",
    )


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """` (did you mean X?)` when a candidate is close to `name`, case aside; else nothing."""
    folded = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.7)
    return f" (did you mean {folded[close[0]]}?)" if close else ""


def no_such_object(name: str, there: Collection[str], where: str, container: str) -> DriftError:
    """The error for a table or file that is not there."""
    listed = ", ".join(sorted(there)[:20]) + (", ..." if len(there) > 20 else "")
    return DriftError(
        f"{container} has no {name}{suggestion(name, there)}",
        where=where,
        why=f"it has: {listed or 'nothing'}",
        way_out="correct the physicalName of the contract's object, or ask the source's owners",
    )


def never_fits(prop: Property, found: object, where: str) -> DriftError:
    """The error for a column whose type can never become the contract's."""
    return DriftError(
        f"column {prop.column} is {found} at the source and {column_type(prop)} in the contract",
        where=where,
        way_out="correct the source, or the type in the contract",
    )
