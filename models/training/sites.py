"""Documentation sites out of a file of sections as folders of HTML pages, for `siteseer index`.

    python sites.py SECTIONS.jsonl.gz OUT SITE…

A section's anchor is `s` and its id, so that lists.py can tell which section a candidate is.
"""

import collections
import html
import re
import sys
from pathlib import Path

from lists import read_jsonl


def headings(section, title):
    """The section's headings from the outermost, without the page's title and without ids in the text."""
    text = re.sub(r"\s*\{/\*.*?\*/\}|\s*\{#[^}]*\}", "", section["heading"])
    chain = [heading.strip() for heading in text.split(" > ") if heading.strip()]
    return (chain[1:] if chain[:1] == [title] else chain) or [title]


def page(title, sections):
    body, open_headings = [f"<h1>{html.escape(title)}</h1>"], []
    for section in sections:
        chain = headings(section, title)
        same = 0  # headings above this one that the section before stood under, too
        while same < min(len(chain) - 1, len(open_headings)) and chain[same] == open_headings[same]:
            same += 1
        for level, heading in enumerate(chain[same:], same):
            tag = f"h{min(level + 2, 6)}"
            anchor = f' id="s{section["id"]}"' if level == len(chain) - 1 else ""
            body.append(f"<{tag}{anchor}>{html.escape(heading)}</{tag}>")
        open_headings = chain
        body.append(f"<p>{html.escape(section['text'])}</p>")
    head = f'<!doctype html><html lang="en"><head><title>{html.escape(title)}</title></head>'
    return f"{head}<body><main>{''.join(body)}</main></body></html>"


def main(sections_path, out, *wanted):
    sites = collections.defaultdict(lambda: collections.defaultdict(list))
    for section in read_jsonl(sections_path):
        if section["source"] in wanted:
            sites[section["source"]][section["path"]].append(section)
    for site, pages in sites.items():
        folder = Path(out) / site
        folder.mkdir(parents=True, exist_ok=True)
        for number, (path, sections) in enumerate(sorted(pages.items())):
            (folder / f"p{number:05}.html").write_text(page(sections[0]["title"] or path, sections), encoding="utf8")
        print(f"{site}: {len(pages)} pages, {sum(map(len, pages.values()))} sections", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
