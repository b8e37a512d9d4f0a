"""Start a connector: the files the standard asks for, and a contract test that fails."""
