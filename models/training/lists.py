"""Training lists out of candidate files: {q, kind, site, pairs: [(text, fused score, grade, rank)]}, right ones first."""

import collections
import gzip
import json
import re
from pathlib import Path

WORD = re.compile(r"\w+")


def read_jsonl(path):
    """Rows of a .jsonl or .jsonl.gz file."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf8") as lines:
        yield from map(json.loads, lines)


def section_of(link):
    """`p00012.html#s345` → 345: sites are written so by sites.py."""
    return int(link.rsplit("#s", 1)[1])


def nearly_equal(a, b):
    """Whether two passages share so many words that either may answer: Jaccard of their word sets at least 0.7."""
    a, b = set(WORD.findall(a.lower())), set(WORD.findall(b.lower()))
    return len(a & b) >= 0.7 * len(a | b)


def site_lists(candidates_path, graded):
    """Lists of one site. A query whose section is not among the candidates is left out: at run time it would not be
    reranked either. `graded` maps a query to {section: grade}."""
    texts, lists = {}, []
    for row in read_jsonl(candidates_path):
        if "passage" in row:
            texts[row["passage"]] = row["text"]
            continue
        grades = dict(graded.get(row["q"], {}))
        grades.setdefault(row["pos"], 3)
        found = [(texts[p], score, section_of(link), rank) for rank, (link, p, score) in enumerate(row["candidates"])]
        target = next((c for c in found if c[2] == row["pos"]), None)
        if target is None:
            continue
        keep = [c for c in found if c[2] in grades or not nearly_equal(c[0], target[0])]
        pairs = [(text, score, grades.get(section, 0), rank) for text, score, section, rank in keep]
        pairs.sort(key=lambda p: -p[2])
        lists.append({"q": row["q"], "kind": row["kind"], "site": Path(candidates_path).stem, "pairs": pairs})
    return lists


def graded_sections(path):
    """graded.jsonl.gz → {query: {section: grade}}"""
    grades = collections.defaultdict(dict)
    for row in read_jsonl(path):
        grades[row["q"]].update(zip(row["passages"], row["grades"]))
    return grades
