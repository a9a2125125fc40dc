"""What the static query tower learns from: short texts of documentation sites, to be embedded by the bi-encoder.

    python static_texts.py --data DATA --base MINILM --out FOLDER --apart COLLECTION…
    for x in texts passages vocabulary; do cargo run --release --example embed -- MODEL FOLDER/$x.jsonl FOLDER/$x.f32; done

DATA: `sections.jsonl.gz` {id, source, path, title, heading, text}, `pairs.jsonl.gz` {q, pos, kind, source} and `questions*.jsonl.gz`
{pos, kw, nl, goal}. Writes texts.jsonl {text, kind, source, pos}, passages.jsonl {id, source, text} and vocabulary.jsonl {text}. Texts that are a query of
a COLLECTION (BEIR layout) are left out; a section that begins as one of its documents does stops the run.
"""

import argparse
import collections
import json
import random
import re
from pathlib import Path

from apart import LEFT_OUT, check_apart, normal
from lists import read_jsonl
from tokenizers import Tokenizer

PASSAGE_WORDS = 80
# Sources that are no documentation, or whose texts are all alike, give at most so many pairs.
MOST = {"vba-docs": 4000, "medquad": 3000, "cpp-docs": 16000, "powershell-docs": 8000}
KINDS = {"title", "heading", "keyword", "description", "synopsis", "example", "question", "howto", "qa"}


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--base", required=True, help="all-MiniLM-L6-v2: tokenizer.json")
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--apart", type=Path, nargs="*", default=[], help="evaluation collections")
    a.add_argument("--spans", type=int, default=90000, help="texts cut out of sections")
    a.add_argument("--stretches", type=int, default=0, help="longer texts cut out of sections, for a query tower that reads their order")
    a.add_argument("--seed", type=int, default=1)
    return a.parse_args()


def heading_of(section):
    """The heading path without marks of the source format."""
    return re.sub(r"\s*\{/\*.*?\*/\}|\s*\{#[^}]*\}", "", section["heading"]).strip()


def span(text, rng):
    """Two to ten words in a row out of `text`, where it reads like prose."""
    words = text.split()
    length = rng.choice((2, 3, 4, 5, 6, 8, 10))
    at = rng.randrange(max(1, len(words) - length))
    piece = " ".join(words[at : at + length]).strip(".,;:()[]{}|*`\"' ")
    letters = sum(c.isalpha() or c == " " for c in piece)
    return piece if len(piece) < 120 and letters >= 0.8 * len(piece) else ""


def stretch(text, rng):
    """Twelve to forty words in a row out of `text`, a question's length and more: from the beginning of a sentence two times in three."""
    words = text.split()
    begins = [i for i in range(len(words) - 12) if i == 0 or words[i - 1][-1] in ".!?:"]
    at = rng.choice(begins) if begins and rng.random() < 2 / 3 else rng.randrange(max(1, len(words) - 12))
    piece = words[at : at + rng.randrange(12, 41)]
    return " ".join(piece) if len(piece) >= 12 else ""


def collect(data, spans, stretches, rng):
    """(text, kind, source, id of the section that it asks for or None)"""
    sections = {s["id"]: s for s in read_jsonl(data / "sections.jsonl.gz") if s["source"] not in LEFT_OUT}
    written = [
        (row[kind], kind, sections[row["pos"]]["source"], row["pos"])
        for path in sorted(data.glob("questions*.jsonl.gz"))
        for row in read_jsonl(path)
        for kind in ("kw", "nl", "goal")
        if kind in row and row["pos"] in sections
    ]
    yield from written
    by_source = collections.defaultdict(list)
    for pair in read_jsonl(data / "pairs.jsonl.gz"):
        if pair["kind"] in KINDS and pair["source"] not in LEFT_OUT:
            by_source[pair["source"]].append(pair)
    for source, pairs in by_source.items():
        for pair in rng.sample(pairs, min(len(pairs), MOST.get(source, len(pairs)))):
            yield pair["q"], pair["kind"], source, None
    asked = {source for _, _, source, pos in written if pos is not None and source not in by_source}
    sites = [s for s in sections.values() if s["source"] in asked]
    for section in sites:
        heading = heading_of(section)
        yield heading.rsplit(" > ", 1)[-1], "heading", section["source"], None
        yield f"{section['title']} {heading}".replace(" > ", " "), "path", section["source"], None
        first = re.split(r"(?<=[.!?])\s", section["text"].strip(), maxsplit=1)[0].split()
        yield " ".join(first[:14]), "opening", section["source"], None
    pool = list(sections.values())
    for _ in range(spans):
        section = rng.choice(sites if rng.random() < 0.7 else pool)
        yield span(section["text"], rng), "span", section["source"], None
    for _ in range(stretches):
        section = rng.choice(sites if rng.random() < 0.7 else pool)
        yield stretch(section["text"], rng), "stretch", section["source"], None


def passages(data):
    """Openings of the sections that were asked for, as the bi-encoder reads a passage: {id, source, text}"""
    asked = {row["pos"] for path in sorted(data.glob("questions*.jsonl.gz")) for row in read_jsonl(path)}
    for section in read_jsonl(data / "sections.jsonl.gz"):
        if section["id"] in asked and section["source"] not in LEFT_OUT:
            heading, title = heading_of(section), section["title"]
            if title and not heading.startswith(title):
                heading = f"{title} > {heading}"
            text = " ".join(section["text"].split()[:PASSAGE_WORDS])
            yield {"id": section["id"], "source": section["source"], "text": f"{heading}\n{text}"}


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf8")


def main():
    a = arguments()
    a.out.mkdir(parents=True, exist_ok=True)
    held = check_apart(a.apart, a.data)
    seen, rows, left_out = set(), [], 0
    for text, kind, source, pos in collect(a.data, a.spans, a.stretches, random.Random(a.seed)):
        text = " ".join(text.split())[:400]
        key = normal(text)
        if not key or (key in seen and pos is None):
            continue
        if key in held:
            left_out += 1
            continue
        seen.add(key)
        rows.append({"text": text, "kind": kind, "source": source, "pos": pos})
    random.Random(a.seed).shuffle(rows)
    rows.sort(key=lambda row: row["pos"] is None)  # written queries first, so that a part of the embeddings is of use
    write(a.out / "texts.jsonl", rows)
    write(a.out / "passages.jsonl", passages(a.data))
    tokenizer = Tokenizer.from_file(f"{a.base}/tokenizer.json")
    tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    write(a.out / "vocabulary.jsonl", [{"text": token.removeprefix("##")} for token in tokens])
    print(len(rows), "texts;", left_out, "left out that are evaluation queries;", dict(collections.Counter(r["kind"] for r in rows)))


if __name__ == "__main__":
    main()
