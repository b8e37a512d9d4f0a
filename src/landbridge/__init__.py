"""Landbridge joins an organisation's systems and accounts for every row."""
