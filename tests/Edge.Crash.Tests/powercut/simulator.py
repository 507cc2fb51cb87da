"""The power-cut simulator of the measuring rig, as a module; run alone, its own test: simulator.py RIG OPTIONS...

Before each cut the simulator reads the links in /proc/PID/fd of a server under load; a descriptor may be closed between
being listed and being read, and only that is forgiven here.
"""
import importlib
import os
import sys

_read_link = os.readlink


def _read_link_of_the_living(path, **options):
    try:
        return _read_link(path, **options)
    except FileNotFoundError:
        if str(path).startswith('/proc/'):
            return ''
        raise


def load(rig):
    """The module powercut_test of the rig; make_dataset and dimse can be imported after it."""
    os.readlink = _read_link_of_the_living
    sys.path.insert(0, os.path.join(rig, 'powercut'))
    return importlib.import_module('powercut_test')


if __name__ == '__main__':
    del sys.argv[0]
    sys.exit(load(sys.argv[0]).main())
