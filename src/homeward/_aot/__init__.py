"""Ahead-of-time compilation: traced programs kept on disk, compiled in child processes, loaded again."""
