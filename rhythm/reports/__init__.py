"""Reports: what there is to say (pure), the templates that say it, and the folder that keeps it."""
