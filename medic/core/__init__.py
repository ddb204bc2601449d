"""The nouns that all rooms share, and the few gates to the system."""
