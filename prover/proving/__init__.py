"""Proofs for sealed batches: jobs, the service that workers connect to, and the check of what they bring."""
