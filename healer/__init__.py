"""Act: pure decisions over open episodes, actions, and their verification."""
