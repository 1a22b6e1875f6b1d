"""From a sealed batch to a settled one: witness, proof, transaction."""
