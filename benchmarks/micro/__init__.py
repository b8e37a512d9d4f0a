"""Hot functions, measured by themselves."""
