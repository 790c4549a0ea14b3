"""The tools of bench/agent_cost.py: each is an environment and words before a command."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/agent/torture"))
from services import Failed  # noqa: E402

LIBRARIES = "/usr/lib/x86_64-linux-gnu"
HEAPTRACK = "/usr/lib/heaptrack/libheaptrack_preload.so"


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    env: typing.Callable = lambda directory: {}  # of the program, given a directory for the tool's files
    before: typing.Callable = lambda directory: []  # words before the command
    attach: typing.Callable = lambda pid, directory: contextlib.nullcontext()  # around the work, when the program is ready
    is_attached: bool = False  # its own program reads the agent's files
    other_allocator: bool = False
    share: float = 1.0  # of the rounds
    scale: float = 1.0  # of the work: the slow ones get less

    @property
    def is_slow(self):
        return self.scale < 1


NATIVE = Tool("native")
AGAIN = Tool("native again", share=0.5)  # what the measurement itself takes for a difference
SLOW = {"share": 0, "scale": 0.1}


def valgrind(name, *words):
    return Tool(name, before=lambda directory: ["valgrind", *(word.format(directory) for word in words)], **SLOW)


def preloading(library, **names):
    def env(directory):
        return {"LD_PRELOAD": str(library), **{name: value.format(directory) for name, value in names.items()}}
    return env


def agent_tools(build, settings):
    """Our own: preloaded, and injected. `settings`: added to the configuration of the first."""
    build = pathlib.Path(build)
    setting = ",".join(["file={}/heap", *settings])
    return [Tool("agent, preloaded", env=preloading(build / "agent/libtidemark_heap.so", TIDEMARK_HEAP=setting)),
            Tool("agent, injected", attach=functools.partial(attached, build / "tools/memprof/memprof"), is_attached=True,
                 share=0.5)]


@contextlib.contextmanager
def attached(memprof, pid, directory):
    """memprof stays attached to the process and its children meanwhile."""
    words = [memprof, "attach", "--rung", "injection", "--tree", "-o", f"{directory}/attached", str(pid)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        said = ""
        for line in process.stderr:
            said += line
            if "stood still" in line:
                break
        else:
            raise Failed(f"memprof attach: {said[-500:]}")
        with concurrent.futures.ThreadPoolExecutor(1) as rest:
            rest.submit(process.stderr.read)
            try:
                yield
            finally:
                process.send_signal(signal.SIGINT)


PEERS = [
    Tool("tcmalloc sampling", env=preloading(f"{LIBRARIES}/libtcmalloc.so.4", TCMALLOC_SAMPLE_PARAMETER="524288"),
         other_allocator=True, share=0.3),
    Tool("jemalloc prof", env=preloading(f"{LIBRARIES}/libjemalloc.so.2", MALLOC_CONF="prof:true,lg_prof_sample:19"),
         other_allocator=True, share=0.3),
    # Only what happens inside of the program: heaptrack itself reads a pipe in another process.
    Tool("heaptrack, in process", env=preloading(HEAPTRACK, DUMP_HEAPTRACK_OUTPUT="{}/heaptrack.raw"), share=0.15),
    Tool("gperftools HEAPPROFILE", env=preloading(f"{LIBRARIES}/libtcmalloc.so.4", HEAPPROFILE="{}/heapprofile"),
         other_allocator=True, **SLOW),
    valgrind("massif", "--tool=massif", "--massif-out-file={}/massif.%p"),
    valgrind("memcheck", "--tool=memcheck", "--log-file={}/memcheck.%p"),
    valgrind("DHAT", "--tool=dhat", "--dhat-out-file={}/dhat.%p"),
]


def missing(tools):
    """What must be installed for them."""
    files = [HEAPTRACK, f"{LIBRARIES}/libtcmalloc.so.4", f"{LIBRARIES}/libjemalloc.so.2"]
    wanted = [path for path in files if any(path in tool.env("").values() for tool in tools)]
    lacking = [path for path in wanted if not os.path.exists(path)]
    if any(tool.before("")[:1] == ["valgrind"] for tool in tools) and not shutil.which("valgrind"):
        lacking.append("valgrind")
    return lacking
