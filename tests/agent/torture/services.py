"""Debian's services as the torture of the agent and bench/agent_cost.py start them: each in a directory of
its own, on a free port of the loopback, natively or under a tool.

A tool is an environment and words before the command. Everything ends with the `with` block.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from checking import Failed, check, free_port, wait_for  # noqa: E402

POSTGRES = "/usr/lib/postgresql/15/bin"
AS_ROOT = os.geteuid() == 0


def scratch(parent=None):
    """A directory that every user can write to, gone after the `with` block."""
    place = tempfile.TemporaryDirectory(prefix="tidemark-", dir=parent, ignore_cleanup_errors=True)
    os.chmod(place.name, 0o1777)
    return place


def run(words, **more):
    """What a command wrote; fails when it does."""
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False, **more)
    check(done.returncode == 0, f"{words[0]} ended with {done.returncode}: {done.stderr[-2000:]!r}")
    return done.stdout


def children(pid):
    try:
        tasks = [entry.read_text() for entry in pathlib.Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for words in tasks for child in words.split()]


def tree(pid):
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


class Service:
    """One server. `log` is what it wrote; after the block, `usage` is what it used and `code` how it ended."""

    stop_signal = signal.SIGTERM
    user = None
    ends_well = (0,)

    def __init__(self, directory, env=None, before=(), **options):
        self.directory = pathlib.Path(directory)
        self.port = free_port()
        self.options = options
        self.usage = self.code = None
        self.prepare()
        if self.user and AS_ROOT:
            before = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *before]
        # The tool's environment is the server's, not that of the commands that start it.
        added = [f"{name}={value}" for name, value in (env or {}).items()]
        words = [*before, "env", *added, *self.command()] if added else [*before, *self.command()]
        self.log = self.directory / f"{type(self).__name__}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.directory,
                                            start_new_session=True)
        self.pid = self.process.pid

    def prepare(self):
        pass

    def __enter__(self):
        try:
            wait_for(self.looks_ready, f"{type(self).__name__} is ready")
        except BaseException:
            self.end(signal.SIGKILL)
            raise
        return self

    def __exit__(self, kind, *_):
        self.end(signal.SIGKILL if kind else self.stop_signal)
        check(kind or self.code in self.ends_well,
              f"{type(self).__name__} ended with {self.code}: {self.log.read_text(errors='replace')[-2000:]}")

    def looks_ready(self):
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            raise Failed(f"{type(self).__name__} ended at once: {self.log.read_text(errors='replace')[-2000:]}")
        return self.is_ready()

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def end(self, sign):
        if self.code is None:
            left = tree(self.pid)[1:]
            os.kill(self.pid, sign)
            _, status, self.usage = os.wait4(self.pid, 0)
            self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
            for pid in left:  # of our own session, when the server was killed
                try:
                    if sign == signal.SIGKILL and os.getsid(pid) == self.pid:
                        os.kill(pid, sign)
                except OSError:
                    pass


class Redis(Service):
    def command(self):
        return ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", self.directory, "--save",
                "", *self.options.get("words", ())]

    def cli(self, *words, text=None):
        return run(["redis-cli", "-p", self.port, *words], input=text)


class Memcached(Service):
    def command(self):
        user = ["-u", "nobody"] if AS_ROOT else []
        return ["memcached", "-l", "127.0.0.1", "-p", self.port, "-t", "4", "-m", "256",
                *self.options.get("words", ()), *user]


NGINX = """
daemon off; worker_processes {workers}; pid {path}/nginx.pid; error_log {path}/error.log; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {path}/b; proxy_temp_path {path}/p;
  fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;
  keepalive_requests 1000000; client_max_body_size 64m;
  types {{ text/html html; }}
  server {{
    listen 127.0.0.1:{port}; root {path}/www;
    location /gzip/ {{ alias {path}/www/; gzip on; gzip_min_length 1; }}
    location /proxy/ {{ proxy_pass http://127.0.0.1:{port}/; }}
    location /hello {{ return 200 "hello\\n"; }}
  }}
}}
"""


class Nginx(Service):
    stop_signal = signal.SIGQUIT

    def prepare(self):
        (self.directory / "www").mkdir(exist_ok=True)
        (self.directory / "www/page.html").write_text("".join(f"<p>{i * i}</p>\n" for i in range(400)))
        self.config = self.directory / "nginx.conf"
        self.config.write_text(NGINX.format(path=self.directory, port=self.port, user="user root;" if AS_ROOT else "",
                                            workers=self.options.get("workers", 1)))

    def command(self):
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        return [program, "-c", self.config]


class Postgres(Service):
    """A cluster of its own. `template`: a directory made by `Postgres.template()`, copied."""

    stop_signal = signal.SIGINT
    user = "postgres"

    @classmethod
    def template(cls, directory, scale=None):
        """Fills a directory with a new cluster, and pgbench's tables in it."""
        data = pathlib.Path(directory) / "data"
        user = {"user": cls.user, "group": cls.user, "extra_groups": []} if AS_ROOT else {}
        run([f"{POSTGRES}/initdb", "--no-sync", "--locale=C", "--encoding=UTF8", "-A", "trust", "-U", "postgres", "-D", data],
            cwd=directory, **user)
        if scale:
            with cls(directory) as server:
                server.pgbench("-i", "-q", "-s", scale)
        return data

    def prepare(self):
        if "template" in self.options:
            run(["cp", "-a", self.options["template"], self.directory / "data"])

    def command(self):
        settings = ["fsync=off", "autovacuum=off", "max_wal_size=4GB", *self.options.get("settings", ())]
        return [f"{POSTGRES}/postgres", "-D", self.directory / "data", "-h", "127.0.0.1", "-p", self.port,
                "-k", self.directory, *(word for setting in settings for word in ("-c", setting))]

    def connection(self):
        return ["-h", "127.0.0.1", "-p", self.port, "-U", "postgres"]

    def is_ready(self):
        words = [f"{POSTGRES}/pg_isready", "-q", *map(str, self.connection())]
        return subprocess.run(words, check=False).returncode == 0

    def pgbench(self, *words):
        return run([f"{POSTGRES}/pgbench", *words, *self.connection(), "postgres"])

    def psql(self, *words, text=None):
        """What psql wrote, errors in their places."""
        words = [f"{POSTGRES}/psql", "-X", *words, *self.connection(), "postgres"]
        return subprocess.run([str(word) for word in words], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False).stdout
