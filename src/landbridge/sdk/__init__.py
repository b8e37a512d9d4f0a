"""What a connector is written against, and all it may see."""
