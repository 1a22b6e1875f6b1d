"""The open batch: what it holds, what still fits, and how it is sealed under the rule book's eyes."""
