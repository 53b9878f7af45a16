"""One file per group of commands, each with `add(app)`; the folder is the list."""
