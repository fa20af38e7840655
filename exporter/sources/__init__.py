"""Where rows come from: one module per kind of input file, each turning it into rows of the lake's tables."""
