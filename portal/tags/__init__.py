"""Template tags of the ground storey; `settings.TEMPLATES` gives them their names."""
