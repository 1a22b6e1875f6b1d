"""`make bench`: every figure that the project claims, measured and printed with the machine that it was measured on."""
