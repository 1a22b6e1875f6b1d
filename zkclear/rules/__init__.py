"""The rule book: every rule of zkclear once, as a slow and clear function on integers. Start at `transition.py`."""
