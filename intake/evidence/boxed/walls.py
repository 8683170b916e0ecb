"""The walls of the box: what a process may still do once they stand. They never come down. Linux only.

Landlock keeps the file system away but for what is named, seccomp every system call that is not on a short list
(so no socket, no other process, no look at another one), and limits of the kernel bound memory, time and files.
"""

import ctypes
import errno
import os
import resource
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

CLONE_THREAD = 0x00010000
PR_SET_DUMPABLE, PR_SET_NAME = 4, 15
MOST_FILES = 64
NO_CORE = 1  # byte: no core is as small, and unlike at 0 the kernel hands none to a program that keeps cores
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What computing, reading and answering need, on any processor. What is not here looks as if the kernel had it not.
_CALLS = """
    read readv pread64 write writev lseek close close_range fstat newfstatat statx stat lstat statfs fstatfs access
    faccessat faccessat2 readlink readlinkat getcwd getdents64 dup fcntl fadvise64
    mmap munmap mprotect mremap madvise brk membarrier
    futex set_robust_list get_robust_list rseq set_tid_address arch_prctl sched_yield sched_getaffinity
    sched_getparam sched_getscheduler getcpu gettid getpid getppid getuid geteuid getgid getegid uname sysinfo
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage getrlimit getrandom
    poll ppoll select pselect6 pipe2 eventfd2 exit exit_group
"""


@dataclass(frozen=True)
class Limits:
    """How much a process may use.

    Attributes:
        seconds: of the clock on the wall, and of each processor's time for two of them.
        memory: bytes of addresses.
    """

    seconds: int
    memory: int


def rise(limits: Limits, *, readable: Iterable[str] = (), programs: Iterable[str] = ()) -> None:
    """Put walls around this process, for ever.

    Args:
        limits: what it may use.
        readable: the files and folders that it may read; what does not exist is left out.
        programs: the files that it may become. By default it starts nothing.

    Raises:
        Exception: this machine cannot do it. Nothing hostile must be read then.
    """
    import landlock  # noqa: PLC0415 only here, and not on every system
    import pyseccomp  # noqa: PLC0415 as above

    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    _limit(limits)
    programs = list(programs)
    ctypes.set_errno(0)
    rules = landlock.Ruleset()
    reading = landlock.FSAccess.READ_FILE | landlock.FSAccess.READ_DIR
    for path in map(Path, readable):
        if path.exists():
            rules.allow(path, rules=reading if path.is_dir() else landlock.FSAccess.READ_FILE)
    for program in programs:
        rules.allow(program, rules=landlock.FSAccess.READ_FILE | landlock.FSAccess.EXECUTE)
    ctypes.set_errno(0)
    rules.apply()
    os.close(rules._fd)  # noqa: SLF001 it has no name that is public, and is not needed any more
    _filter_calls(pyseccomp, starts=bool(programs))


def _limit(limits: Limits) -> None:
    """Bound what the kernel counts; the clock's signal ends the process even if who started it is gone."""
    bounds = {
        resource.RLIMIT_CPU: 2 * limits.seconds,
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: MOST_FILES,
        resource.RLIMIT_CORE: NO_CORE,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for what, most in bounds.items():
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)  # noqa: PLW2901 never more than before
        resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.alarm(limits.seconds)


def _filter_calls(seccomp: ModuleType, *, starts: bool) -> None:
    """Load the list of system calls; all others fail."""
    calls = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    allow, arg = seccomp.ALLOW, seccomp.Arg
    for name in [*_CALLS.split(), *(["execve"] if starts else [])]:
        calls.add_rule(allow, name)
    for name, flags in (("open", 1), ("openat", 2)):
        calls.add_rule(allow, name, arg(flags, seccomp.MASKED_EQ, WRITING, 0))
    calls.add_rule(allow, "clone", arg(0, seccomp.MASKED_EQ, CLONE_THREAD, CLONE_THREAD))  # a thread, no process
    calls.add_rule(allow, "prlimit64", arg(2, seccomp.EQ, 0))  # it asks, and changes nothing
    calls.add_rule(allow, "prctl", arg(0, seccomp.EQ, PR_SET_NAME))
    calls.add_rule(allow, "tgkill", arg(0, seccomp.EQ, os.getpid()))  # itself, when it gives up
    calls.add_rule(allow, "ioctl", arg(1, seccomp.EQ, 0x5401))  # whether something is a terminal
    calls.load()
