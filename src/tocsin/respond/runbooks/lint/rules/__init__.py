"""The rules: one file each, the file's name is the id; see `tocsin.respond.runbooks.lint.rule`."""
