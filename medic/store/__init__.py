"""All SQL: databases, migrations, and one module per room's records."""
