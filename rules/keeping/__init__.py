"""How the series outlive a restart: files of rows, appended at each tick and read at the next start."""
