"""Codes of dashboards."""

from __future__ import annotations

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "MW701": """
        A chart is no Vega-Lite specification.

        ## What it does
        Judges the `chart` of each tile by the schema of Vega-Lite 6.

        ## Why is this bad
        Vega-Lite ignores what it does not know, or draws nothing: readers would see a chart that is not the
        one that was meant.

        ## Example
        ```yaml
        chart:
          mark: bar
          encoding:
            x: {feild: city, type: nominal}
        ```

        ## What to do instead
        ```yaml
        chart:
          mark: bar
          encoding:
            x: {field: city, type: nominal}
        ```
    """,
    "MW702": """
        A chart reaches out of its page.

        ## What it does
        Refuses in a `chart`: data of its own (`data`, `datasets`, lookups in them), links, pictures,
        `url(...)` in a colour, and interaction (`bind`, `select`). A chart shows what the `query` of its tile
        returns.

        ## Why is this bad
        What a reader's page loads from elsewhere tells others who reads it, and can change after it was
        reviewed. Charts are drawn where they are served, so an interaction would do nothing.

        ## Example
        ```yaml
        chart:
          data: {url: "https://example.com/rents.csv"}
          mark: line
        ```

        ## What to do instead
        Read the data through an input port, serve them, and query them. Let readers choose with `filters`.
        ```yaml
        query: SELECT quarter, rent FROM rents WHERE $city IS NULL OR city = $city
        chart:
          mark: line
        ```
    """,
    "MW703": """
        A query of a dashboard cannot run.

        ## What it does
        Reads the query of each tile and filter with the parsers that execute it, and binds it to the columns
        and types of the product's own contracts. It may read objects of the product's own output ports, and
        call functions that depend on nothing else.

        ## Why is this bad
        It would fail in front of its readers, or show what the product does not promise.

        ## Example
        ```yaml
        query: SELECT city, sum(vacant_area) AS area FROM vacancy GROUP BY city   # it is vacant_area_sqm
        ```

        ## What to do instead
        Use the names that the contract has. What other products publish is read by a model and served by an
        output port of this one.
    """,
    "MW704": """
        A tile names a column that its query does not return.

        ## What it does
        Compares the fields of a chart's encodings, transforms and expressions, and the columns of a figure
        and of a table, with what the query returns. Fields that a chart's own transforms make are known.

        ## Why is this bad
        The chart would be empty, without a word.

        ## Example
        ```yaml
        query: SELECT city, count(*) AS deals FROM pipeline GROUP BY city
        chart:
          mark: bar
          encoding:
            y: {field: city, type: nominal}
            x: {field: number_of_deals, type: quantitative}
        ```

        ## What to do instead
        Name the column as the query does: `deals`.
    """,
    "MW705": """
        Filters and parameters do not fit.

        ## What it does
        Looks for parameters of queries that no filter sets, names that two filters set, defaults that a
        filter cannot have, and (a warning) filters that no query reads.

        ## Why is this bad
        A reader chooses something, and nothing happens or the tile fails.

        ## Example
        ```yaml
        filters:
          - {filter: city, title: City, type: choice, values: [Utrecht, Rotterdam]}
        tiles:
          - title: Deals
            query: SELECT * FROM pipeline WHERE city = $town
            table: {}
        ```

        ## What to do instead
        ```yaml
            query: SELECT * FROM pipeline WHERE $city IS NULL OR city = $city
        ```
    """,
    "MW706": """
        A product has two dashboards of one name.

        ## What it does
        Compares the names (`dashboard`) of the dashboards of a product.

        ## Why is this bad
        The name is a part of the dashboard's address; an address means one page.

        ## Example
        Two files in `dashboards/` with `dashboard: pipeline`.

        ## What to do instead
        Rename one of them.
    """,
}
