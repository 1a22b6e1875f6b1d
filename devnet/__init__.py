"""A whole zkclear on this machine: chain, contracts, sequencer, prover and oracle signers, and the demo that runs on it."""
