"""Made processes: stat lines, and folders that look like /proc."""

from exporter.table import Table, parse


def line(pid, parent=1, *, start=5000, state="S", name="medic", threads=1, used=(250, 50, 30, 20), pages=2048,
         virtual=52781056, faults=(7, 3)):  # fmt: skip
    minor, major = faults
    ticks = " ".join(map(str, used))
    head = f"{pid} ({name}) {state} {parent} {pid} {pid} 0 -1 0 {minor} 0 {major} 0 {ticks}"
    return f"{head} 20 0 {threads} 0 {start} {virtual} {pages} 1"


def process(pid, parent=1, **more):
    return parse(pid, line(pid, parent, **more).encode())


class Host:
    """A folder that looks like /proc, and a clock that somebody turns."""

    def __init__(self, folder):
        self.proc = folder
        self.seconds = 0.0
        self.table = Table(self.time, folder)
        (folder / "stat").write_text("cpu 1\nbtime 1000\n")

    def time(self):
        return self.seconds

    def run(self, pid, parent=1, *, argv=(), cgroup="", program="", io=None, switches=None, swap=0, descriptors=0,
            limit=1024, wchan="", **more):  # fmt: skip
        """Let a process run, or go on with other figures."""
        folder = self.proc / str(pid)
        (folder / "fd").mkdir(parents=True, exist_ok=True)
        (folder / "stat").write_text(line(pid, parent, **more))
        (folder / "cmdline").write_text("\0".join([*argv, ""]) if argv else "")
        (folder / "cgroup").write_text(f"0::{cgroup}\n")
        (folder / "limits").write_text(f"Limit  Soft Limit  Hard Limit\nMax open files  {limit}  4096  files\n")
        voluntary, nonvoluntary = switches or (0, 0)
        (folder / "status").write_text(
            f"Name:\tx\nVmSwap:\t{swap} kB\nvoluntary_ctxt_switches:\t{voluntary}\n"
            f"nonvoluntary_ctxt_switches:\t{nonvoluntary}\n"
        )
        read, written = io or (0, 0)
        (folder / "io").write_text(f"rchar: 1\nread_bytes: {read}\nwrite_bytes: {written}\n")
        (folder / "wchan").write_text(wchan)
        for number in range(descriptors):
            (folder / "fd" / str(number)).touch()
        if program and not (folder / "exe").is_symlink():
            (folder / "exe").symlink_to(program)

    def end(self, pid):
        for path in sorted((self.proc / str(pid)).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        (self.proc / str(pid)).rmdir()
