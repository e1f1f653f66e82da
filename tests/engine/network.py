"""A bridge of our own for RUN steps, so that neither docker0 nor iptables is touched."""

import contextlib
import fcntl
import socket
import struct

_ADD_BRIDGE = 0x89A0
_DELETE_BRIDGE = 0x89A1
_SET_FLAGS = 0x8914
_SET_ADDRESS = 0x8916
_SET_NETMASK = 0x891C
_UP = 1


def make_bridge(name: str, address: str) -> None:
    """Make a bridge with this IPv4 address (a /24) and switch it on; one that exists is kept."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        with contextlib.suppress(FileExistsError):
            fcntl.ioctl(control, _ADD_BRIDGE, _name(name))
        fcntl.ioctl(control, _SET_ADDRESS, _address(name, address))
        fcntl.ioctl(control, _SET_NETMASK, _address(name, "255.255.255.0"))
        fcntl.ioctl(control, _SET_FLAGS, _flags(name, _UP))


def remove_bridge(name: str) -> None:
    """Remove the bridge, if it is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            fcntl.ioctl(control, _SET_FLAGS, _flags(name, 0))
            fcntl.ioctl(control, _DELETE_BRIDGE, _name(name))
        except OSError:
            pass


def _name(name: str) -> bytes:
    return struct.pack("16s", name.encode())


def _address(name: str, address: str) -> bytes:
    return struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address))


def _flags(name: str, flags: int) -> bytes:
    return struct.pack("16sH14x", name.encode(), flags)
