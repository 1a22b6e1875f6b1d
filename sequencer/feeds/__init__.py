"""What L1 tells the sequencer: the deployment at start, then requests and settled batches of final blocks."""
