"""A PostgreSQL cluster of one's own for a while, and a connection to it: libpq through ctypes, as nothing but the
standard library is there."""
import contextlib
import ctypes
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

SQLSTATE, PRIMARY, POSITION = b"C"[0], b"M"[0], b"P"[0]  # PG_DIAG_…


class Failure(Exception):
    """What the server refused; position: its place in the statement, in characters from 0, or None."""

    def __init__(self, message, position=None):
        super().__init__(message)
        self.position = position


class Connection:
    def __init__(self, conninfo):
        self._pq = ctypes.CDLL("libpq.so.5")
        for name in ("PQconnectdb", "PQexec", "PQprepare"):
            getattr(self._pq, name).restype = ctypes.c_void_p
        for name in ("PQerrorMessage", "PQresultErrorField"):
            getattr(self._pq, name).restype = ctypes.c_char_p
        self._connection = ctypes.c_void_p(self._pq.PQconnectdb(conninfo.encode()))
        if self._pq.PQstatus(self._connection) != 0:
            raise Failure(self._pq.PQerrorMessage(self._connection).decode())

    def close(self):
        self._pq.PQfinish(self._connection)

    def execute(self, sql):
        """Runs one or more statements, all or none."""
        self._end(self._pq.PQexec(self._connection, sql.encode()))

    def prepare(self, sql):
        """Has the server parse and analyse one statement, of any kind, without running it."""
        self._end(self._pq.PQprepare(self._connection, b"", sql.encode(), 0, None))

    def _end(self, result):
        result = ctypes.c_void_p(result)
        try:
            if self._pq.PQresultErrorField(result, SQLSTATE) is None:
                return
            at = self._pq.PQresultErrorField(result, POSITION)
            raise Failure(self._pq.PQresultErrorField(result, PRIMARY).decode(), int(at) - 1 if at else None)
        finally:
            self._pq.PQclear(result)


@contextlib.contextmanager
def server():
    """The host, a folder with a socket, of a new, empty cluster under /var/tmp; user tandem, database postgres. Stopped and
    removed afterwards. As root it runs as postgres."""
    programs = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))[-1]).parent
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-sql-", dir="/var/tmp"))
    as_server = []
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        as_server = ["runuser", "-u", "postgres", "--"]

    def run(program, *arguments):
        done = subprocess.run([*as_server, programs / program, *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}")

    try:
        run("initdb", "-D", folder / "data", "-U", "tandem", "-A", "trust", "--no-sync", "--encoding=UTF8",
            "--locale=C.UTF-8")
        try:
            run("pg_ctl", "start", "-w", "-D", folder / "data", "-l", folder / "log",
                "-o", f"-k {folder} -c listen_addresses= -c fsync=off -c client_min_messages=warning")
            yield folder
        finally:
            if (folder / "data/postmaster.pid").exists():
                run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", folder / "data")
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def connection():
    """A connection to such a cluster."""
    with server() as host:
        connected = Connection(f"host={host} user=tandem dbname=postgres")
        try:
            yield connected
        finally:
            connected.close()
