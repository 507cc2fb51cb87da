"""Runs the power-cut simulator named by the first argument with the rest of them.

Before each cut the simulator reads the links in /proc/PID/fd of a server under load; a descriptor may be closed between
being listed and being read, and only that is forgiven here.
"""
import os
import runpy
import sys

read_link = os.readlink


def read_link_of_the_living(path, **options):
    try:
        return read_link(path, **options)
    except FileNotFoundError:
        if str(path).startswith('/proc/'):
            return ''
        raise


os.readlink = read_link_of_the_living
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name='__main__')
