"""Which addresses a connector may reach, decided once, at the moment it connects."""
