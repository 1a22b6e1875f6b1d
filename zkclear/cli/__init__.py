"""The `zkclear` command. It starts sequencer and prover as processes and imports neither."""
