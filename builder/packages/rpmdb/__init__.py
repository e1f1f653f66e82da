"""The three formats of the RPM database, each a module that gives the headers in it."""
