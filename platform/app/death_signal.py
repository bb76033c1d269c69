"""Processes that do not outlive the one that started them.

As a module: `die_with_parent`. As a script: ``python -I -S death_signal.py PARENT SIGNAL [--unprivileged DATA]
COMMAND...`` becomes COMMAND after the same promise, and optionally without the powers of root. A script rather than a
`preexec_fn`, because Python code between fork and exec may deadlock where other threads run; it costs 20 ms.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

NOBODY = 65534

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 28, 4
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def die_with_parent(parent: int, with_signal: int) -> None:
    """Get ``with_signal`` as soon as the process ``parent``, which started this one, is gone, however it went.

    Strictly: as soon as the *thread* that started this process ends, so children are started from a main thread. Only
    Linux can promise it; elsewhere this does nothing. Changing the user afterwards would break the promise.
    """
    if sys.platform != "linux":
        return
    _ = ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, with_signal, 0, 0, 0)
    if os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def become_unprivileged(data: Path) -> None:
    """Stop being root, or somebody without a name in /etc/passwd: PostgreSQL refuses both. ``data`` stay ours to use.

    In a user namespace we only *seem* to be nobody. Where namespaces are forbidden (root in a container with the usual
    seccomp rules) root becomes nobody, who may still enter every folder: a copy of the binaries is not needed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    belongs_to_nobody = data.exists() and data.stat().st_uid == NOBODY
    if not belongs_to_nobody and libc.unshare(CLONE_NEWUSER) == 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")
        return
    if user != 0:
        raise PermissionError(f"user {user} has no name, and user namespaces are forbidden")
    if data.exists() and not belongs_to_nobody:
        for path in (data, *data.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)  # without it, access(2) denies what open(2) allows
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    capabilities = (ctypes.c_uint32 * 6)(*[1 << CAP_DAC_OVERRIDE] * 3)  # effective, permitted, inheritable
    libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), capabilities)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(parent: str, with_signal: str, *command: str) -> None:
    """Become ``command``."""
    if command[0] == "--unprivileged":
        try:
            become_unprivileged(Path(command[1]))
        except OSError as error:
            sys.exit(f"error: {error}; run as an ordinary user, or set DATABASE_URL")
        command = command[2:]
    die_with_parent(int(parent), int(with_signal))
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
