"""Pages of codes that other parts raise: each module has `PAGES`, code -> page.

A page is text whose first line is the title; the four parts follow as in the rules' docstrings.
"""
