"""What three languages must compute alike: hashes, trees, the binding, signatures, and the check of a proof."""
