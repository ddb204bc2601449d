"""Reports: what to say (pure), and the templates that say it."""
