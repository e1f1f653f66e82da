"""What compilers leave in executables of the packages that they were made from."""
