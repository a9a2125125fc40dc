"""Collections of questions and answers as sites, so that the cross-encoder also learns from texts that are no documentation:
`sites/SITE` and `queries/SITE.jsonl`, as sites.py and queries.py write them.

    python qa_sites.py SECTIONS.jsonl.gz PAIRS.jsonl.gz OUT

Where a heading is the question itself it is left out, so that the text has to be read; a passage without a page is one.
"""

import collections
import json
import random
import sys
from pathlib import Path

from lists import read_jsonl
from sites import page

SECTIONS = {"medquad": 5000, "squad-nqg-test": 7000}
QUERIES = 5000


def main(sections, pairs, out):
    rng, out = random.Random(3), Path(out)
    sites = collections.defaultdict(lambda: collections.defaultdict(list))
    for section in read_jsonl(sections):
        if section["source"] in SECTIONS:
            section["heading"] = ""
            sites[section["source"]][section["path"] or f"s{section['id']}"].append(section)
    kept = collections.defaultdict(set)
    for site, pages in sites.items():
        folder, paths = out / "sites" / site, sorted(pages)
        folder.mkdir(parents=True, exist_ok=True)
        rng.shuffle(paths)
        for path in paths:
            if len(kept[site]) >= SECTIONS[site]:
                break
            kept[site].update(section["id"] for section in pages[path])
            (folder / f"p{len(kept[site]):06}.html").write_text(page(pages[path][0]["title"], pages[path]), encoding="utf8")
    questions = collections.defaultdict(list)
    for pair in read_jsonl(pairs):
        if pair["kind"] == "qa" and pair["pos"] in kept[pair["source"]]:
            questions[pair["source"]].append({"q": pair["q"], "kind": "qa", "pos": pair["pos"]})
    (out / "queries").mkdir(exist_ok=True)
    for site, rows in questions.items():
        rng.shuffle(rows)
        (out / "queries" / f"{site}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:QUERIES]), encoding="utf8")
        print(f"{site}: {len(kept[site])} sections, {len(rows[:QUERIES])} questions", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
