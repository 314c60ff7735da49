#!/usr/bin/env python3
"""Measures Pomona beside other checkers in one run and writes benches/results.md.

    benches/results.py BENCH [--pomona BINARY] [--before BINARY] [--runs 5] [--only WORDS]

BENCH is a folder with `py` (Python with what it needs) and `bench.py`: a loopback internet that serves the made lists, and
runs of whole processes, whose wall time, processor time and memory it takes from the kernel. `--before` measures an
older build in the same run.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = Path(os.environ.get("BENCH_TOOLS", Path.home() / ".cache/pomona-bench/tools"))
BARE = f"{TOOLS}/target/release/client reqwest {{file}}"
CHECK = "check {file} --allow-private --no-cache"

# What is measured: arguments of the bench, the tools beside Pomona, and what is aimed at.
WORK = [
    ("20,000 links, 1,000 hosts", ["--urls", "20000", "--hosts", "1000"], ["mlc", "lychee-best"], f"{BARE} 64 1",
     "wall ≤ mlc; CPU ≤ 1.8 × bare reqwest"),
    ("10,000 links, 1,000 hosts, 50 ms an answer", ["--urls", "10000", "--hosts", "1000", "--latency", "50"],
     ["lychee-best"], f"{BARE} 1000 1", "wall ≤ 1.15 × bare reqwest"),
    ("5,000 links over TLS, 1,000 hosts", ["--urls", "5000", "--hosts", "1000", "--scheme", "https"], ["mlc"],
     f"{BARE} 64 1", "wall < mlc"),
    ("100,000 links, 1,000 hosts", ["--urls", "100000", "--hosts", "1000"], ["mlc"], f"{BARE} 64 1",
     "wall ≤ 1.3 × mlc, ≤ 150 MB"),
    ("100,000 links, 20,000 hosts", ["--urls", "100000", "--hosts", "20000"], ["mlc"], None, "< 300 MB"),
]


def bench(arguments, args):
    """One call of the bench: its runs, by the tool."""
    with tempfile.NamedTemporaryFile(mode="r", suffix=".jsonl") as out:
        command = [args.bench / "py", args.bench / "bench.py", *arguments, "--runs", str(args.runs), "--out", out.name]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
        runs = {}
        for line in out.read().splitlines():
            run = json.loads(line)
            runs.setdefault(run["tool"], []).append(run)
    return runs


def figures(runs):
    """Median and range of the wall time, medians of processor time and memory, and the requests of the last run."""
    walls = sorted(run["wall"] for run in runs)
    cpu = statistics.median(run["user"] + run["sys"] for run in runs)
    rss = statistics.median(run["rss_mb"] for run in runs)
    return statistics.median(walls), walls[0], walls[-1], cpu, rss, runs[-1]["stats"]["requests"], runs[-1]["code"]


def builds(args, command):
    named = {"Pomona": args.pomona} | ({"Pomona before": args.before} if args.before else {})
    return [f"--cmd={name}={binary} {command}" for name, binary in named.items()]


def network(args):
    for name, arguments, peers, bare, aim in WORK:
        if args.only and args.only not in name:
            continue
        bare = [f"--cmd=bare reqwest={bare}"] if bare else []
        runs = bench(["speed", *peers, *builds(args, CHECK), *bare, *arguments], args)
        ours = figures(runs["Pomona"])
        for tool in ["Pomona", *(tool for tool in runs if tool != "Pomona")]:
            wall, low, high, cpu, rss, requests, code = figures(runs[tool])
            yield [name if tool == "Pomona" else "", tool, f"{wall:.2f} ({low:.2f}–{high:.2f})", f"{cpu:.2f}", f"{rss:.0f}",
                   f"{requests:,}", str(code), f"{ours[0] / wall:.2f}", f"{ours[3] / cpu:.2f}", aim if tool == "Pomona" else ""]


def local(args):
    """Work without a network: extraction, and an offline check."""
    with tempfile.TemporaryDirectory() as folder:
        made, list_ = Path(folder, "made.md"), Path(folder, "list.md")
        subprocess.run([args.bench / "py", args.bench / "corpus.py", "12", made], check=True, stdout=subprocess.DEVNULL)
        list_.write_text("# A list\n" + "".join(
            ("" if i % 25 else f"\n## Section {i // 25}\n\n") + f"- [Project {i}](https://h{i % 900}.example/{i}) - A thing, number {i}.\n"
            for i in range(3500)))
        for name, file, peers, command, aim in [
            ("extraction, 12 MB made", made, ["lychee-dump"], "links {file} --format jsonl", "≥ 1.5 × lychee"),
            ("`check --offline`, 3,500 entries", list_, [], "check {file} --offline --no-cache", "≤ 50 ms"),
        ]:
            if args.only and args.only not in name:
                continue
            runs = bench(["extract", *peers, *builds(args, command), "--file", str(file)], args)
            ours = runs["Pomona"][-1]["wall"]
            for tool in ["Pomona", *(tool for tool in runs if tool != "Pomona")]:
                run = runs[tool][-1]
                yield [name if tool == "Pomona" else "", tool, f"{run['wall']:.3f}", "", f"{run['rss_mb']:.0f}", "", "",
                       f"{ours / run['wall']:.2f}", "", aim if tool == "Pomona" else ""]


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {platform.release().split('-')[0]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=lambda path: Path(path).resolve())
    parser.add_argument("--pomona", type=lambda path: Path(path).resolve(), default=HERE.parent / "target/release/pomona")
    parser.add_argument("--before", type=lambda path: Path(path).resolve())
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="the work whose name has these words; prints it and writes nothing")
    args = parser.parse_args()
    rows = []
    for row in [*network(args), *local(args)]:
        rows.append("| " + " | ".join(row) + " |")
    revision = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    head = ["work", "tool", "wall s (range)", "CPU s", "MB", "requests", "exit", "Pomona's wall ÷", "CPU ÷", "aim"]
    table = "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *rows])
    text = f"""# Speed and memory beside other checkers

Made by `benches/results.py BENCH` on {datetime.date.today()}, of {revision.stdout.strip()}, with {machine()}: {args.runs} runs of
each tool in turn over loopback, all in one call, medians. Such a machine is shared: compare within one table only.
`bare reqwest` is a loop around the HTTP library that both read their pages with: it fetches and compares nothing. `mlc`
asks HEAD and reads no page; `lychee-best` is lychee without its limits.

{table}
"""
    if args.only:
        print(table)
    else:
        (HERE / "results.md").write_text(text)
        print(text)


if __name__ == "__main__":
    sys.exit(main())
