"""The queue server, its client, and the rules of leases."""
