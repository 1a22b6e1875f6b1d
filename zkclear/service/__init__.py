"""What every program that runs for long has in common: configuration, keys, fees, logs, metrics."""
