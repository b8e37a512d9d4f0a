"""A small company whose systems do not fit together, and the project that joins them."""
