"""Price-time matching: books, and the engine that turns an order into fills which the open batch can hold."""
