"""How fast the connector is on a server at hand. Nothing of the product imports this."""
