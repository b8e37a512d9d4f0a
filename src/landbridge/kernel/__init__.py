"""What everything else stands on: errors, clock, back-off, secrets. Standard library only."""
