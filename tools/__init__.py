"""What builds, checks and serves the repository; none of it ships in the package."""
