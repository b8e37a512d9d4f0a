"""From the source's fields to the target's."""
