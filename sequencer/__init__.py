"""The sequencer: takes signed orders, matches them by price and time, and seals batches for the prover."""
