"""Each documentation site of sections.jsonl.gz as HTML pages, one folder a site: what `siteseer index` reads."""
import collections, gzip, html, json, re, sys
from pathlib import Path

def rows(path):
    with gzip.open(path, "rt", encoding="utf8") as f:
        for line in f: yield json.loads(line)

def main(sections, out, wanted):
    pages = collections.defaultdict(lambda: collections.defaultdict(list))
    for s in rows(sections):
        if s["source"] in wanted: pages[s["source"]][s["path"]].append(s)
    for source, by_path in pages.items():
        folder = Path(out) / source; folder.mkdir(parents=True, exist_ok=True)
        for n, (path, sections) in enumerate(sorted(by_path.items())):
            title = sections[0]["title"] or path
            body, open_ = [f"<h1>{html.escape(title)}</h1>"], []
            for s in sections:
                heading = re.sub(r"\s*\{/\*.*?\*/\}|\s*\{#[^}]*\}", "", s["heading"])
                chain = [h.strip() for h in heading.split(" > ") if h.strip()]
                if chain and chain[0] == title: chain = chain[1:]
                same = 0
                while same < min(len(chain) - 1, len(open_)) and chain[same] == open_[same]: same += 1
                for level in range(same, len(chain)):
                    last = level == len(chain) - 1
                    tag = f"h{min(level + 2, 6)}"
                    body.append(f"<{tag}{' id=s%d' % s['id'] if last else ''}>{html.escape(chain[level])}</{tag}>")
                if not chain: body.append(f"<h2 id=s{s['id']}>{html.escape(title)}</h2>")
                open_ = chain
                body.append(f"<p>{html.escape(s['text'])}</p>")
            (folder / f"p{n:05}.html").write_text(f"<!doctype html><html lang=en><head><title>{html.escape(title)}</title></head><body><main>{''.join(body)}</main></body></html>")
        print(source, len(by_path), "pages", sum(map(len, by_path.values())), "sections", flush=True)

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], set(sys.argv[3:]))
