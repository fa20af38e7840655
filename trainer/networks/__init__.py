"""The networks by name: what turns pixels into features, and what each expects of its input."""
