"""Chat: commands, buttons and messages of Slack, as one more way to call the functions below.

`http` and `socket_mode` are the two ways in, `ear` does what is asked, `tidy` keeps messages true. Nothing is imported
here: the configuration reads `section` alone, and should not wait for the rest.
"""
