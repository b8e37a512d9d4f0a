"""For the tests of connectors: shipped contract suites, systems in memory, injected faults."""
