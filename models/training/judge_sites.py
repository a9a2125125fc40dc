"""The written queries of documentation sites as collections for `siteseer eval --index`, to choose settings on sites that are no
evaluation collection.

    python judge_sites.py SITES QUERIES GRADED.jsonl.gz OUT SITE…

SITES is what sites.py wrote, QUERIES what queries.py wrote. The section that a query was written for has grade 3, unless it was graded
otherwise; further sections have their grades where the query was graded.
"""

import collections
import json
import re
import sys
from pathlib import Path

from lists import read_jsonl


def links(site):
    """The link of each section, `page#anchor`, by its id."""
    found = {}
    for page in sorted(site.glob("*.html")):
        for section in re.findall(r' id="s(\d+)"', page.read_text(encoding="utf8")):
            found[int(section)] = f"{page.name}#s{section}"
    return found


def main(sites, queries, graded, out, *wanted):
    grades = collections.defaultdict(dict)
    for row in read_jsonl(graded):
        grades[row["source"], row["q"]].update(zip(map(int, row["passages"]), row["grades"]))
    for site in wanted:
        link, folder = links(Path(sites) / site), Path(out) / site
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        asked, judged = [], ["query-id\tcorpus-id\tscore"]
        for number, row in enumerate(read_jsonl(Path(queries) / f"{site}.jsonl")):
            right = {row["pos"]: 3} | grades.get((site, row["q"]), {})
            known = [(link[section], grade) for section, grade in right.items() if section in link and grade > 0]
            if known:
                asked.append(json.dumps({"_id": f"q{number}", "text": row["q"], "style": row["kind"]}))
                judged += [f"q{number}\t{section}\t{grade}" for section, grade in known]
        (folder / "queries.jsonl").write_text("\n".join(asked) + "\n", encoding="utf8")
        (folder / "qrels/test.tsv").write_text("\n".join(judged) + "\n", encoding="utf8")
        print(f"{site}: {len(asked)} queries", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
