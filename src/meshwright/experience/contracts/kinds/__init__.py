"""The kinds of checks: one file and one page each.

The docstring of a file is the page: a title, `What it means`, and an `Example` whose contract and rows are
verified by the tests. `PROVED`, `SCANNED` and `REMEMBERED` say where a kind is not reached as others are.
"""
