"""Which columns queries and sources have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from meshwright.sql.scopes import Item, Query, Select, Source, StarRef

Schemas = Mapping[str, Sequence[str]]
"""The columns of references by key; a reference that is not in it has columns nobody knows."""

NO_COLUMNS = frozenset({"user", "current_role", "current_schema"})
"""Words that are read as columns and stand for a value of the session where no column has the name."""


def schema_of(key: str, schemas: Schemas) -> Sequence[str] | None:
    """The columns of a reference; the changes of an input have those of the input."""
    known = schemas.get(key)
    return known if known is not None else schemas.get(key.removeprefix("changes(").removesuffix(")"))


class Resolver:
    """Tells the columns of what stands in one statement, over the schemas of what it reads."""

    def __init__(self, schemas: Schemas, keys: Iterable[str]) -> None:
        self.spelling: dict[str, dict[str, str]] = {
            key: {column.lower(): column for column in schema}
            for key in keys
            if (schema := schema_of(key, schemas)) is not None
        }
        self.made: dict[int, tuple[list[str], bool]] = {}

    def outputs(self, query: Query) -> tuple[list[str], bool]:
        """The columns a query makes, and whether these are all."""
        known = self.made.get(id(query))
        if known is not None:
            return known
        # what a recursive query makes is said by the part that does not contain it
        self.made[id(query)] = ([], False)
        if query.select is not None:
            names, complete = self.select_outputs(query.select)
        else:
            assert query.left is not None and query.right is not None
            names, complete = self.outputs(query.left)
            if not names and not complete and not query.by_name:
                names, complete = self.outputs(query.right)
            if query.by_name:
                more, also = self.outputs(query.right)
                names, complete = [*dict.fromkeys([*names, *more])], complete and also
        if query.columns:
            names = [*query.columns, *names[len(query.columns) :]]
            complete = complete or len(query.columns) > 0
        self.made[id(query)] = (names, complete)
        return names, complete

    def select_outputs(self, select: Select) -> tuple[list[str], bool]:
        """The columns a SELECT makes, and whether these are all."""
        names: list[str] = []
        complete = True
        for result in select.results:
            found = [result.name or None] if isinstance(result, Item) else self._star_names(select, result)
            names += [name for name in found if name is not None]
            complete = complete and None not in found
        return names, complete

    def _star_names(self, select: Select, star: StarRef) -> list[str | None]:
        return [star.renamed.get(name, name) if name else None for _, name in self.expand(select, star)]

    def expand(self, select: Select, star: StarRef) -> list[tuple[Source, str | None]]:
        """The columns a star stands for; None for those of a source that are not known."""
        found: list[tuple[Source, str | None]] = []
        once = set(select.same)
        for source in [star.source] if star.source is not None else select.sources:
            if source.hidden and star.source is None:
                continue
            names, complete = self.columns_of(source)
            for name in names:
                if name in star.excluded or (star.source is None and name in once and _has(found, name)):
                    continue
                found.append((source, name))
            if not complete:
                found.append((source, None))
        return found

    def columns_of(self, source: Source) -> tuple[Sequence[str], bool]:
        """The columns of a source as its alias names them, and whether these are all."""
        names: Sequence[str]
        if source.key is not None:
            spelling = self.spelling.get(source.key)
            names = [] if spelling is None else [*spelling]
            complete = spelling is not None
        elif source.query is not None:
            names, complete = self.outputs(source.query)
        else:
            names, complete = [], bool(source.columns)
        if source.columns:
            return [*source.columns, *names[len(source.columns) :]], complete
        return names, complete


def _has(found: Sequence[tuple[Source, str | None]], name: str) -> bool:
    return any(known == name for _, known in found)
