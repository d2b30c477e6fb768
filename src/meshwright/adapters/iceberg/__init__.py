"""Apache Iceberg: the table format of the embedded warehouse."""
