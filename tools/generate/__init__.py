"""What is written from the code: JSON Schemas and the reference pages.

`python -m tools.generate` writes them, `--check` fails when one is not as it would be
written. Nothing here states a fact of its own; every word comes from a model, an error, a
manifest or a command.
"""
