"""That training and evaluation are disjoint: no section of the training data begins as a document of an evaluation collection does, and no
written query is one of its queries.

    python apart.py DATA COLLECTION…

DATA: `sections.jsonl.gz` {id, source, text} and `questions*.jsonl.gz` {pos, kw, nl, goal}; a COLLECTION is in BEIR layout. Says what it compared,
and fails where it finds something. Run it before anything is trained.
"""

import re
import sys
from pathlib import Path

from lists import read_jsonl

LEFT_OUT = {"rust-book"}  # part of the rust-docs collection: no recipe names it
SHARED = 14  # words in a row, at the beginning of a document, that two texts do not share by accident


def normal(text):
    return " ".join(re.findall(r"\w+", text.lower()))


def opening(text):
    """Its first words; none of a text that is shorter."""
    words = normal(text).split()[:SHARED]
    return " ".join(words) if len(words) == SHARED else None


def check_apart(collections, data):
    """Normalised queries of the collections. Stops if a document of one begins as a section of the training data does."""
    queries, openings = set(), {}
    for folder in collections:
        for row in read_jsonl(next(folder.glob("corpus.jsonl*"))):
            openings.setdefault(opening(row["text"]), f"{folder.name} {row['_id']}")
        queries |= {normal(row["text"]) for row in read_jsonl(next(folder.glob("queries.jsonl*")))}
    openings.pop(None, None)
    sections = 0
    for section in read_jsonl(data / "sections.jsonl.gz"):
        if section["source"] in LEFT_OUT:
            continue
        sections += 1
        if found := openings.get(opening(section["text"])):
            raise SystemExit(f"{section['source']} section {section['id']} is {found}: training and evaluation are not disjoint")
    print(f"{sections} sections begin as none of {len(openings)} evaluation documents does")
    return queries


def main(data, *collections):
    data = Path(data)
    held = check_apart([Path(folder) for folder in collections], data)
    left_out = {section["id"] for section in read_jsonl(data / "sections.jsonl.gz") if section["source"] in LEFT_OUT}
    written, same = 0, []
    for path in sorted(data.glob("questions*.jsonl.gz")):
        for row in read_jsonl(path):
            if row["pos"] not in left_out:
                queries = [row[kind] for kind in ("kw", "nl", "goal") if kind in row]
                written += len(queries)
                same += [query for query in queries if normal(query) in held]
    print(f"{written} written queries, {len(same)} of them also among {len(held)} evaluation queries: {same}")
    if same:
        raise SystemExit("training and evaluation are not disjoint")


if __name__ == "__main__":
    main(*sys.argv[1:])
