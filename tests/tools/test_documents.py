"""Documents point to what is there: links, anchors and commands."""

from pathlib import Path

import pytest

from tools import documents


def test_no_document_of_the_repository_points_to_what_is_not_there() -> None:
    assert documents.faults() == []


def test_anchors_are_those_of_github() -> None:
    text = "# One\n\n## What `it` costs, in *days*\n\n```\n# none\n```\n### [Link](x.md) & more\n"
    assert documents.anchors(text) == {"one", "what-it-costs-in-days", "link--more"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[there](other.md), [and](other.md#a-heading), [out](https://example.org/x)", ""),
        ("[gone](gone.md)", "`gone.md`: there is no such file"),
        ("![gone](gone.png)", "`gone.png`: there is no such file"),
        ("[no](other.md#another)", "`other.md#another`: no heading of that file has this anchor"),
        ("`python -m exporter ingest PATH...` and `make run`, which make test does", ""),
        ("    python -m exporter --lake DIR readiness --at TIME | head  # any", ""),
        ("    python -m exporter snapshot ... --engine spark \\\n        --spark-conf KEY=VALUE", ""),
        ("    export A=1 && .venv/bin/python manage.py refresh && make bench", ""),
        ("    python manage.py migrate   # one of Django's", ""),
        ("    python -m exporter redness", "`python -m exporter redness`: there is no such command"),
        ("    python -m exporter ingest --fast DIR", "`python -m exporter`: No such option '--fast'."),
        ("    python -m trainer fit \\\n        --zzz 9", "`python -m trainer`: No such option '--zzz'."),
        ("    python manage.py refrsh", "`manage.py refrsh`: there is no such command"),
        ("    python -m benchmarks.nothing", "`python -m benchmarks.nothing`: there is no such module"),
        ("    PORT=9000 make runn", "`make runn`: the Makefile has no such target"),
    ],
)
def test_what_is_not_there_is_named_with_its_line(line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("run:\n\techo\nbench: run\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.md").write_text("# A heading\n")
    (tmp_path / "docs" / "page.md").write_text(f"# Page\n\n{line}\n")
    management = documents.ROOT / "portal" / "refresh" / "management"
    (tmp_path / "portal" / "refresh").mkdir(parents=True)
    (tmp_path / "portal" / "refresh" / "management").symlink_to(management)
    faults = documents.faults(tmp_path)
    assert [str(fault) for fault in faults] == ([f"docs/page.md:3: {words}"] if words else [])
