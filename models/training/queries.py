"""The written queries of each documentation site as `queries/SITE.jsonl`: {"q", "kind", "pos"} a line, and one in six a second time
with a slip of the finger in it (kind "typo"), since visitors misspell and the first stage then finds other candidates.

    python queries.py SECTIONS.jsonl.gz OUT QUESTIONS.jsonl.gz…
"""

import collections
import json
import random
import sys
from pathlib import Path

from lists import read_jsonl


def misspell(query, rng):
    """One word of at least five letters with two letters swapped, one left out, doubled or replaced; None without such a word."""
    words = query.split()
    long = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return None
    i = rng.choice(long)
    word, at = words[i], rng.randrange(1, len(words[i]) - 1)
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[: at + 1] + word[at:],
        word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :],
    )
    words[i] = rng.choice(slips)
    return " ".join(words)


def main(sections, out, *questions):
    source = {section["id"]: section["source"] for section in read_jsonl(sections)}
    sites = collections.defaultdict(list)
    for path in questions:
        for row in read_jsonl(path):
            sites[source[row["pos"]]] += [{"q": row[kind], "kind": kind, "pos": row["pos"]} for kind in ("kw", "nl", "goal") if kind in row]
    Path(out).mkdir(parents=True, exist_ok=True)
    for site, rows in sorted(sites.items()):
        rng = random.Random(site)
        slips = [{**row, "q": misspell(row["q"], rng), "kind": "typo", "of": row["q"]} for row in rows if rng.random() < 1 / 6]
        rows += [row for row in slips if row["q"]]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        Path(out, f"{site}.jsonl").write_text(lines, encoding="utf8")
        print(f"{site}: {len(rows)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
