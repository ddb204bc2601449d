"""What can be well formed in a rule and still not be meant: one module for each concern."""
