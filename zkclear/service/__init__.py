"""What every program that runs for long has in common: configuration, keys, logs, metrics. Imports nothing of ours."""
