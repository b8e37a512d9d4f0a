"""JSON over HTTP: lists of objects that an API gives page by page."""
