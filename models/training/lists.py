"""Training lists out of the files of examples/candidates.rs, and what a model may read of a candidate."""

import collections
import functools
import gzip
import json
import re
from pathlib import Path

WORD = re.compile(r"\w+")
# Words of a section that the cross-encoder reads: WORDS in src/search/reading.rs.
WORDS = 85


def read_jsonl(path):
    """Rows of a .jsonl or .jsonl.gz file."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf8") as lines:
        yield from map(json.loads, lines)


def section_of(link):
    """`p00012.html#s345` → 345: sites are written so by sites.py. Text before the first section has no anchor."""
    return int(link.rsplit("#s", 1)[1]) if "#s" in link else None


def nearly_equal(a, b):
    """Whether two passages' word sets share so much that either may answer: Jaccard at least 0.7."""
    shared = len(a & b)
    return shared >= 0.7 * (len(a) + len(b) - shared)


class Site:
    """Passages of the candidates' sections, and three readings of a candidate."""

    def __init__(self):
        self.passages, self.sections = {}, collections.defaultdict(list)
        for kept in ("found", "opening", "window", "words"):
            setattr(self, kept, functools.cache(getattr(self, kept)))

    def add(self, row):
        self.passages[row["passage"]] = row
        self.sections[row["section"]].append(row["passage"])

    def found(self, passage):
        """The passage alone, as the bi-encoder embedded it."""
        row = self.passages[passage]
        return row["prefix"] + row["text"]

    def opening(self, passage):
        """The beginning of its section."""
        return self._words(self.sections[self.passages[passage]["section"]])

    def window(self, passage):
        """The passage and what follows in its section."""
        section = self.sections[self.passages[passage]["section"]]
        return self._words(section[section.index(passage) :])

    def words(self, passage):
        """The set of its words."""
        return set(WORD.findall(self.found(passage).lower()))

    def _words(self, passages):
        words = " ".join(self.passages[p]["text"] for p in passages[:4]).split()[:WORDS]
        return self.passages[passages[0]]["prefix"] + " ".join(words)


def site_lists(candidates_path, graded):
    """→ (site, lists): {q, kind, site, pairs: [(passage, fused score, grade, rank)]} a list, right ones first. A query whose
    section is not among the candidates is left out: at run time it would not be reranked either. `graded` maps a query to
    {section: grade}."""
    site, lists, name = Site(), [], Path(candidates_path).stem
    for row in read_jsonl(candidates_path):
        if "passage" in row:
            site.add(row)
            continue
        grades = dict(graded.get(row.get("of", row["q"]), {}))
        grades.setdefault(row["pos"], 3)
        found = [(p, score, section_of(link), rank) for rank, (link, p, score) in enumerate(row["candidates"])]
        target = next((c for c in found if c[2] == row["pos"]), None)
        if target is None:
            continue
        right = site.words(target[0])
        keep = [c for c in found if c[2] in grades or not nearly_equal(site.words(c[0]), right)]
        pairs = [(p, score, grades.get(section, 0), rank) for p, score, section, rank in keep]
        pairs.sort(key=lambda pair: -pair[2])
        lists.append({"q": row["q"], "kind": row["kind"], "site": name, "pairs": pairs})
    return site, lists


def graded_sections(path):
    """graded.jsonl.gz → {query: {section: grade}}"""
    grades = collections.defaultdict(dict)
    for row in read_jsonl(path):
        grades[row["q"]].update(zip(row["passages"], row["grades"]))
    return grades
