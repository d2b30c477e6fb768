"""TPC-H lineitem as an Iceberg table: `FOLDER FILE make` writes it as 100 data files, `append` adds one.

`reset` goes back to the 100, from which `append` starts each time. All write FOLDER/contract.yaml for
the table as it then is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import copyfile

import duckdb
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

import verification as lineitem

FILES = 100


def catalogue(folder: Path) -> SqlCatalog:
    """The catalogue that writes the table."""
    return SqlCatalog("bench", uri=f"sqlite:///{folder}/catalogue.db", warehouse=f"file://{folder}/lake")


def make(folder: Path, data: Path) -> Table:
    """Write the rows of a Parquet file in its order, each data file a hundredth."""
    lake = catalogue(folder)
    lake.create_namespace("bench")
    with duckdb.connect() as connection:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM '{data}'").fetchall()
        size = -(-rows // FILES)
        nothing = connection.sql(f"FROM '{data}' LIMIT 0").to_arrow_table()
        table = lake.create_table("bench.lineitem", nothing.schema)
        for start in range(0, rows, size):
            part = f"SELECT * FROM '{data}' WHERE file_row_number BETWEEN {start} AND {start + size - 1}"
            table.append(connection.sql(part).to_arrow_table().cast(table.schema().as_arrow()))
    copyfile(folder / "catalogue.db", folder / "hundred.db")
    return table


def reset(folder: Path, data: Path) -> Table:
    """The table of 100 data files."""
    copyfile(folder / "hundred.db", folder / "catalogue.db")
    return catalogue(folder).load_table("bench.lineitem")


def append(folder: Path, data: Path) -> Table:
    """Append as many rows again as a data file has, of later orders."""
    table = reset(folder, data)
    with duckdb.connect() as connection:
        later = f"l_orderkey + (SELECT max(l_orderkey) FROM '{data}') AS l_orderkey"
        limit = f"(SELECT count(*) // {FILES} FROM '{data}')"
        rows = f"SELECT * REPLACE ({later}) FROM '{data}' LIMIT {limit}"
        table.append(connection.sql(rows).to_arrow_table().cast(table.schema().as_arrow()))
    return table


def main() -> None:
    """Do what the command line says."""
    folder, data, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    table = {"make": make, "reset": reset, "append": append}[what](folder, data)
    location = table.metadata_location.removeprefix("file://")
    lineitem.write_table_contract(folder / "contract.yaml", Path(location))


if __name__ == "__main__":
    main()
