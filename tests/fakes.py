"""Every fake that tests use; each passes the contract tests of the real thing."""
