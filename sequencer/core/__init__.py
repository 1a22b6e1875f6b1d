"""The matching core: one process, one thread, no clock of its own; its state is the fold of the journal."""
