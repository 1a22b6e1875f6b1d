"""The liquidation bot: sees accounts below their maintenance margin, and takes their positions over through the contract."""
