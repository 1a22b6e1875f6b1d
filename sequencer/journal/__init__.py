"""The durable log of commands: what is acknowledged stands here, and state = fold(journal)."""
