"""The policy lab's page: what announcing a cutoff does, in simulated communities, and what histories show."""
