"""The documents of a project: models, reading with line numbers, faults, JSON Schema."""
