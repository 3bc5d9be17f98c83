"""The driver of the benches: which there are, and what becomes of one that fails."""

import re
from pathlib import Path

import pytest

from bench import __main__ as driver
from bench.__main__ import Ran


def bench(folder: Path, body: str) -> None:
    (folder / "small.py").write_text(f"def main():\n    {body}\n\n\nmain()\n", "utf-8")


def test_every_module_with_a_main_is_a_bench_and_what_they_share_is_none() -> None:
    found = driver.benches()
    assert {"sending", "hosts", "latency", "scheduling", "rehearsing"} <= set(found)
    assert not {"mixes", "office", "peers", "sink", "table"} & set(found)
    assert found[0] == "sending"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        pytest.param('raise RuntimeError("the disk is full")', "RuntimeError: the disk is full", id="error"),
        pytest.param('print("x"); raise SystemExit(3)', "exit code 3", id="exit"),
        pytest.param("import time; time.sleep(60)", "ended after 1 s", id="endless"),
    ],
)
def test_a_bench_that_fails_has_its_error_in_the_report(
    body: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench(tmp_path, body)
    monkeypatch.setattr(driver, "HERE", tmp_path)
    monkeypatch.setattr(driver, "LIMIT_SECONDS", 1)
    ran = driver.run("small", quick=True)
    assert ran.fault == fault
    assert fault in driver.section(ran)
    assert "Failed: small." in driver.report([ran], "2 cores", [1.0], 0.0)


def test_a_bench_that_prints_no_markdown_is_shown_as_it_is() -> None:
    assert driver.section(Ran("plain", "a   1\nb   2", 1.0, None)) == "## Plain\n\n```\na   1\nb   2\n```\n"


def test_the_report_counts_the_aims() -> None:
    rows = [("one", "≥ 4.0 ×: met"), ("two", "≥ 4.0 ×: **not met**"), ("three", "≥ 4.0 ×: not measured")]
    table = "\n".join(f"| {what} | {aim} |" for what, aim in rows)
    report = driver.report([Ran("one", f"## One\n\n{table}", 61.0, None)], "2 cores", [100.0, 130.0], 0.4)
    assert "- Aims: 1 met, 1 not met, 1 not measured.\n" in report
    assert re.search(r"took 100 to 130 ms", report)
