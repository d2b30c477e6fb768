"""What comes out of PIVOT and UNPIVOT."""

from __future__ import annotations

from abc import ABC, abstractmethod

from meshwright.sql.derivation import CONDITIONAL, FILTER, GROUP_BY, UNKNOWN
from meshwright.sql.flow import Origins, made_of
from meshwright.sql.resolve import Resolver
from meshwright.sql.scopes import Source


class Pivots(Resolver, ABC):
    """Columns and rows behind pivots; of what is pivoted a subclass knows."""

    @abstractmethod
    def column(self, source: Source, name: str | None) -> Origins:
        """What a column of a source comes from; None is all of them, as a row."""

    @abstractmethod
    def rows(self, source: Source) -> Origins:
        """What decides the rows of a source."""

    @abstractmethod
    def counted(self, source: Source) -> Origins:
        """What a count of the rows of a source comes from."""

    def columns_of(self, source: Source) -> tuple[list[str], bool]:
        """As of any source; behind a pivot, what is known of its columns."""
        if source.pivoted is None:
            names, complete = super().columns_of(source)
            return [*names], complete
        names, complete = self.columns_of(source.pivoted)
        for pivot in source.pivots:
            gone = {*pivot.keys, *(ref.name for value in pivot.values for ref in value.columns)}
            left = [name for name in names if name not in gone] if pivot.group is None else pivot.group
            names = [*left, *pivot.labels, *pivot.names]
            complete = complete and pivot.unpivot and bool(pivot.keys)
        if source.columns:
            names = [*source.columns, *names[len(source.columns) :]]
        return names, complete

    def pivoted(self, source: Source, name: str | None, level: int) -> Origins:
        """What a column behind the first `level` pivots of a source comes from."""
        assert source.pivoted is not None
        if level == 0:
            return self.column(source.pivoted, name)
        pivot = source.pivots[level - 1]
        if name is None:
            return made_of(UNKNOWN, self.pivoted(source, None, level - 1))
        if level == len(source.pivots) and name in source.columns:
            names = self.columns_of(source.pivoted)[0] if level == 1 else []
            return made_of(UNKNOWN, self.pivoted(source, None, 0)) if names else set()
        values = [ref for value in pivot.values for ref in value.columns]
        if pivot.unpivot:
            if name in pivot.labels:
                return set()
            if name in pivot.names or not pivot.keys:
                below = [self.pivoted(source, ref.name, level - 1) for ref in values]
                return set().union(*below) if below else self.pivoted(source, None, level)
            return self.pivoted(source, name, level - 1)
        before, complete = self.columns_of(source.pivoted)
        gone = {*pivot.keys, *(ref.name for ref in values)}
        if pivot.group is not None and name in pivot.group:
            return self.pivoted(source, name, level - 1)
        if pivot.group is None and level == 1 and name in before and name not in gone:
            return self.pivoted(source, name, level - 1)
        found: Origins = set()
        called = [value for value in pivot.values if value.name and name.endswith(value.name)]
        for value in called or pivot.values:
            for ref in value.columns:
                found |= made_of(ref.how, self.pivoted(source, ref.name, level - 1))
            if value.counted:
                found |= self.counted(source.pivoted)
        for key in pivot.keys:
            found |= made_of(CONDITIONAL, self.pivoted(source, key, level - 1))
        if level > 1 or (pivot.group is None and not complete):
            found |= made_of(UNKNOWN, self.pivoted(source, name if level == 1 else None, level - 1))
        return found

    def pivoted_rows(self, source: Source) -> Origins:
        """What decides the rows behind the pivots of a source."""
        assert source.pivoted is not None
        rows = self.rows(source.pivoted)
        for level, pivot in enumerate(source.pivots):
            if pivot.unpivot:
                for name in pivot.keys:
                    rows = rows | made_of(FILTER, self.pivoted(source, name, level))
            elif pivot.group is not None:
                for name in pivot.group:
                    rows = rows | made_of(GROUP_BY, self.pivoted(source, name, level))
            else:
                names, complete = self.columns_of(source.pivoted)
                gone = {*pivot.keys, *(ref.name for value in pivot.values for ref in value.columns)}
                left = [name for name in names if name not in gone]
                for each in left if level == 0 and complete else [None]:
                    rows = rows | made_of(GROUP_BY, self.pivoted(source, each, level))
        return rows
