"""The demonstration: a whole portal on one machine, in a simulated world with every page filled."""
