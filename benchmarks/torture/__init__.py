"""Every type with its extremes, over every pair of systems; writes docs/type_matrix.md."""
