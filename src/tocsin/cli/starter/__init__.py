"""What `tocsin init` copies: a configuration that runs as it is, and a first runbook."""
