"""The rule files that Medic ships."""
