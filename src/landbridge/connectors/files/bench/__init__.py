"""How fast files are read and written here. Nothing of the product imports this."""
