#!/usr/bin/env python3
"""Runs every query of docs/queries.md over the two lists of this folder, and compares the rows with `expected.json`.

Usage: run.py POMONA. With BLESS=1 in the environment the expected rows are written: read the diff.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
TODAY = "2026-11-24"


def sections(text):
    """The heading and the statements of each SQL block."""
    heading = None
    for found in re.finditer(r"^## ([^\n]+)$|^```sql\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        heading = found.group(1) or heading
        if found.group(2):
            yield heading, found.group(2)


def main():
    pomona = Path(sys.argv[1]).resolve()
    document = (HERE / "../../docs/queries.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(HERE / "lists", Path(folder) / "lists")
        shutil.copytree(HERE / "past", Path(folder) / "past")
        os.chdir(folder)
        report = subprocess.run([pomona, "check", "lists", "--offline", "--format", "json"], stdout=subprocess.PIPE,
                                env={**os.environ, "SOURCE_DATE_EPOCH": "1795525200"}, check=False)
        assert report.returncode in (0, 1), report
        Path("report.json").write_bytes(report.stdout)
        database = duckdb.connect()
        rows = {}
        for heading, block in sections(document):
            if heading is None:
                assert "current_date" in block
                database.execute(block.replace("current_date", f"DATE '{TODAY}'"))
                continue
            answer = database.execute(block)
            names = [column[0] for column in answer.description]
            rows[heading] = [dict(zip(names, row)) for row in answer.fetchall()]
    found = json.dumps(rows, indent=1, default=str, ensure_ascii=False) + "\n"
    expected = HERE / "expected.json"
    if os.environ.get("BLESS"):
        expected.write_text(found, encoding="utf-8")
    assert len(rows) == 7 and all(rows.values()), {heading: len(of) for heading, of in rows.items()}
    if found != expected.read_text(encoding="utf-8"):
        sys.exit(f"the answers of docs/queries.md are not those of {expected}:\n{found}")
    print(f"{len(rows)} queries of docs/queries.md answer as expected")


main()
