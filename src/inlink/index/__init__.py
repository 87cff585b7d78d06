"""From parts to what is served: extraction of inputs, arrangement into snapshots, serving files, upkeep."""
