"""
The auditor: whether a chain's batches followed the rules, from L1 data and this code alone.

`collect` reads a chain (`chain.py`) or a file (`dump.py`) into `Inputs`; `audit` judges them and gives a `Report`.
"""
