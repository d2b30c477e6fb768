"""What the readers of sources share: rows of any origin into Parquet of the contract's types.

Other adapters import this package; it imports none of them.
"""
