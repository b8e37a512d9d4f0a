"""Copying a stream: plan, shares in parallel, settlement, resume, publication."""
