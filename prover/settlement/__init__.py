"""Proved batches on the chain: the only room that spends the operator's gas."""
