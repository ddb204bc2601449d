"""Dashboards, provisioning files, and example configurations, shipped as package data."""
