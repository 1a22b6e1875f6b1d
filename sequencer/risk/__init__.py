"""Margin, fast: what an order may cost before it is taken, and what an account must satisfy after each fill."""
