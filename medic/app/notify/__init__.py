"""Reaching people: Apprise, in a child process of its own."""
