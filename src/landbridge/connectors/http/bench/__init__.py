"""How fast an API is read here. Nothing of the product imports this."""
