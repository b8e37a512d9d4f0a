"""What the platform tells about its own work: typed events."""
