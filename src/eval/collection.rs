//! A collection: documents, queries, and judgements of which document answers which query how well.
//!
//! ```text
//! corpus.jsonl                {"_id": …, "title": …, "text": …}     only needed where there is no index yet
//! queries.jsonl | queries.tsv {"_id": …, "text": …, "style": …}   | id ⇥ text [⇥ style]
//! qrels/SPLIT.tsv | qrels.tsv query ⇥ document [⇥ grade]            grade: 0 useless, 1 helps, 2 and 3 better; without: 1
//! ```
//! A line of headings (`query-id ⇥ …`) may stand first in a TSV file; a JSONL file may end in `.gz`. Queries of one
//! split may also lie apart, in `queries_SPLIT.jsonl`.

use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What is wrong with a collection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectionError {
    /// A file that is needed is not there, or can't be read.
    #[error("{}: can't be read ({source}). {next}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
        /// What to do about it.
        next: String,
    },
    /// A line that is not what the format prescribes.
    #[error("{}:{line}: {detail}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong, and what is expected.
        detail: String,
    },
    /// The files are sound, but there is nothing to judge by.
    #[error("{}: {detail}", folder.display())]
    Nothing {
        /// The collection.
        folder: PathBuf,
        /// What is missing.
        detail: String,
    },
}

type Result<T> = std::result::Result<T, CollectionError>;

/// Grades of the judged documents of one query, by id.
pub type Grades = BTreeMap<String, u32>;

/// A query with its judgements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its id.
    pub id: String,
    /// What the visitor types.
    pub text: String,
    /// Kind of query, such as `exact`; empty if the collection has no kinds.
    pub style: String,
    /// At least one grade is above 0.
    pub grades: Grades,
}

/// The judged queries of one split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Name of its folder.
    pub name: String,
    /// Name of the split; empty if it has none.
    pub split: String,
    /// In the order of the queries' file.
    pub queries: Vec<Query>,
    /// Queries that were left out, because no document is relevant to them.
    pub without_answer: usize,
}

/// A document to be found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Document {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// Its title; may be empty.
    #[serde(default)]
    pub title: String,
    /// Its text.
    #[serde(default)]
    pub text: String,
}

impl Collection {
    /// Reads queries and judgements: those of the split that was asked for, or of the `usual` one. Without a folder `qrels`, `qrels.tsv` has
    /// all of them, and no splits.
    ///
    /// # Errors
    /// If a file is missing, a line is malformed, a judged query has no text, no query has a relevant document, or a split was asked for
    /// where there is none.
    pub fn read(folder: &Path, asked: Option<&str>, usual: &str) -> Result<Self> {
        let plain = folder.join("qrels.tsv");
        let (file, split) = if plain.is_file() && !folder.join("qrels").is_dir() {
            if let Some(split) = asked {
                let detail = format!(
                    "there is no split `{split}`: qrels.tsv has all judgements. Leave --split out, or divide them into qrels/{split}.tsv \
                     and others"
                );
                return Err(CollectionError::Nothing { folder: folder.to_owned(), detail });
            }
            (plain, "")
        } else {
            let split = asked.unwrap_or(usual);
            (folder.join("qrels").join(format!("{split}.tsv")), split)
        };
        let judgements = read_judgements(&file, &other_splits(folder))?;
        let texts = read_queries(folder, split)?;
        let known: HashSet<&str> = texts.iter().map(|q| q.id.as_str()).collect();
        if let Some((id, (line, _))) = judgements.iter().find(|(id, _)| !known.contains(id.as_str())) {
            let detail = format!("the query `{id}` is not among the queries");
            return Err(CollectionError::Line { file, line: *line, detail });
        }
        let mut queries: Vec<Query> = texts
            .into_iter()
            .filter_map(|q| judgements.get(&q.id).map(|(_, grades)| Query { grades: grades.clone(), ..q }))
            .collect();
        let judged = queries.len();
        queries.retain(|query| query.grades.values().any(|&grade| grade > 0));
        if queries.is_empty() {
            let detail = format!("{} names no relevant document for any query", file.display());
            return Err(CollectionError::Nothing { folder: folder.to_owned(), detail });
        }
        let name = fs::canonicalize(folder).ok().and_then(|f| Some(f.file_name()?.to_string_lossy().into_owned()));
        let without_answer = judged - queries.len();
        Ok(Self { name: name.unwrap_or_default(), split: split.to_owned(), queries, without_answer })
    }

    /// Number of judgements of the queries.
    pub fn judgements(&self) -> usize {
        self.queries.iter().map(|query| query.grades.len()).sum()
    }
}

/// Reads the documents, in the order of the file.
///
/// # Errors
/// If there is no corpus, a line is malformed, or an id comes twice.
pub fn read_corpus(folder: &Path) -> Result<Vec<Document>> {
    let next = "Without a corpus, judge an index: add --index DIR";
    let (file, content) = read_zipped_or_not(&folder.join("corpus.jsonl"), next)?;
    let (mut documents, mut seen) = (Vec::new(), HashSet::new());
    for (line, text) in lines(&content) {
        let document: Document = json(&file, line, text)?;
        if !seen.insert(document.id.clone()) {
            let detail = format!("the document `{}` comes twice", document.id);
            return Err(CollectionError::Line { file, line, detail });
        }
        documents.push(document);
    }
    if documents.is_empty() {
        let detail = format!("{} holds no document", file.display());
        return Err(CollectionError::Nothing { folder: folder.to_owned(), detail });
    }
    Ok(documents)
}

/// Grades by query, with the line at which the query comes first.
type Judgements = BTreeMap<String, (usize, Grades)>;

fn read_judgements(file: &Path, splits: &str) -> Result<Judgements> {
    let next = if splits.is_empty() {
        "A collection needs qrels/SPLIT.tsv or qrels.tsv: lines of query, document, grade".to_owned()
    } else {
        format!("The collection's splits are: {splits} (--split)")
    };
    let content = read(file, &next)?;
    let mut judgements = Judgements::new();
    for (line, text) in lines(&content) {
        let error = |detail: String| CollectionError::Line { file: file.to_owned(), line, detail };
        let columns: Vec<&str> = text.split('\t').map(str::trim).collect();
        let (query, document, grade) = match columns[..] {
            [query, document] if !query.is_empty() && !document.is_empty() => (query, document, "1"),
            [query, document, grade] if !query.is_empty() && !document.is_empty() => (query, document, grade),
            _ => return Err(error("expected query, document and grade, separated by tabs".to_owned())),
        };
        if line == 1 && is_heading(query) {
            continue;
        }
        let Ok(grade) = grade.parse::<i32>() else {
            return Err(error(format!("the grade `{grade}` is not a whole number")));
        };
        let grade = grade.max(0).unsigned_abs();
        let (_, grades) = judgements.entry(query.to_owned()).or_insert_with(|| (line, Grades::new()));
        if grades.insert(document.to_owned(), grade).is_some_and(|before| before != grade) {
            return Err(error(format!("`{document}` already has another grade for the query `{query}`")));
        }
    }
    Ok(judgements)
}

/// Queries without grades yet.
fn read_queries(folder: &Path, split: &str) -> Result<Vec<Query>> {
    let tsv = folder.join("queries.tsv");
    if tsv.is_file() {
        return queries_of_tsv(&tsv);
    }
    let next = "A collection needs queries.jsonl, or queries.tsv with lines of id and text";
    let mut files = vec![read_zipped_or_not(&folder.join("queries.jsonl"), next)?];
    let own = folder.join(format!("queries_{split}.jsonl"));
    if own.is_file() || zipped(&own).is_file() {
        files.push(read_zipped_or_not(&own, next)?);
    }
    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "_id")]
        id: String,
        text: String,
        #[serde(default)]
        style: String,
    }
    let mut unique = Unique::default();
    for (file, content) in &files {
        for (line, text) in lines(content) {
            let Row { id, text, style } = json(file, line, text)?;
            unique.add(file, line, Query { id, text, style, grades: Grades::new() })?;
        }
    }
    Ok(unique.queries)
}

fn queries_of_tsv(file: &Path) -> Result<Vec<Query>> {
    let content = read(file, "")?;
    let mut unique = Unique::default();
    for (line, text) in lines(&content) {
        let columns: Vec<&str> = text.split('\t').map(str::trim).collect();
        let (id, text, style) = match columns[..] {
            [id, text] => (id, text, ""),
            [id, text, style] => (id, text, style),
            _ => ("", "", ""),
        };
        if id.is_empty() || text.is_empty() {
            let detail = "expected id, text and perhaps style, separated by tabs".to_owned();
            return Err(CollectionError::Line { file: file.to_owned(), line, detail });
        }
        if line == 1 && is_heading(id) {
            continue;
        }
        let [id, text, style] = [id, text, style].map(str::to_owned);
        unique.add(file, line, Query { id, text, style, grades: Grades::new() })?;
    }
    Ok(unique.queries)
}

/// Queries of which no id comes twice.
#[derive(Default)]
struct Unique {
    queries: Vec<Query>,
    texts: HashMap<String, String>,
}

impl Unique {
    fn add(&mut self, file: &Path, line: usize, query: Query) -> Result<()> {
        match self.texts.insert(query.id.clone(), query.text.clone()) {
            None => self.queries.push(query),
            Some(text) if text == query.text => {}
            Some(_) => {
                let detail = format!("the query `{}` comes twice, with different texts", query.id);
                return Err(CollectionError::Line { file: file.to_owned(), line, detail });
            }
        }
        Ok(())
    }
}

fn is_heading(first: &str) -> bool {
    ["query-id", "query_id", "query", "qid", "id", "_id"].contains(&first)
}

/// Lines that are not blank, numbered from 1.
fn lines(content: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(content.trim_start_matches('\u{feff}').lines()).filter(|(_, text)| !text.trim().is_empty())
}

fn json<T: for<'a> Deserialize<'a>>(file: &Path, line: usize, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        // serde counts lines within the line
        let why = e.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        let detail = format!("not a JSON object of the kind that is needed here ({why})");
        CollectionError::Line { file: file.to_owned(), line, detail }
    })
}

fn other_splits(folder: &Path) -> String {
    let entries = fs::read_dir(folder.join("qrels")).into_iter().flatten().flatten().map(|e| e.path());
    let is_tsv = |path: &PathBuf| path.extension().is_some_and(|e| e == "tsv");
    let mut names: Vec<String> =
        entries.filter(is_tsv).filter_map(|p| Some(p.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names.join(", ")
}

fn zipped(file: &Path) -> PathBuf {
    file.with_extension("jsonl.gz")
}

/// Reads `file`, or `file.gz`; returns the one that was read.
fn read_zipped_or_not(file: &Path, next: &str) -> Result<(PathBuf, String)> {
    let packed = zipped(file);
    if file.is_file() || !packed.is_file() {
        return Ok((file.to_owned(), read(file, next)?));
    }
    let mut content = String::new();
    let stream = fs::File::open(&packed).map(GzDecoder::new);
    match stream.and_then(|mut stream| stream.read_to_string(&mut content)) {
        Ok(_) => Ok((packed, content)),
        Err(source) => Err(CollectionError::Read { file: packed, source, next: "Get the file again".to_owned() }),
    }
}

fn read(file: &Path, next: &str) -> Result<String> {
    fs::read_to_string(file).map_err(|source| {
        let next = if source.kind() == io::ErrorKind::NotFound { next } else { "It must be readable UTF-8 text" };
        CollectionError::Read { file: file.to_owned(), source, next: next.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    fn read(files: &[(&str, &str)]) -> std::result::Result<Collection, String> {
        Collection::read(folder(files).path(), None, "test").map_err(|e| e.to_string())
    }

    const QUERIES: (&str, &str) =
        ("queries.jsonl", "{\"_id\":\"b\",\"text\":\"two\",\"style\":\"kw\"}\n{\"_id\":\"a\",\"text\":\"one\"}\n");

    #[test]
    fn reads_beir_and_plain_tables_alike() {
        let beir = read(&[QUERIES, ("qrels/test.tsv", "query-id\tcorpus-id\tscore\na\tx\t3\na\ty\t-1\nb\tz\t1\n")]);
        let beir = beir.unwrap();
        assert_eq!(beir.queries.iter().map(|q| q.id.as_str()).collect::<Vec<_>>(), ["b", "a"], "order of the queries");
        assert_eq!(beir.queries[1].grades, Grades::from([("x".into(), 3), ("y".into(), 0)]), "negative counts as 0");
        assert_eq!((beir.split.as_str(), beir.judgements()), ("test", 3));
        let plain =
            read(&[("queries.tsv", "id\ttext\nb\ttwo\tkw\na\tone\n"), ("qrels.tsv", "a\tx\t3\na\ty\t0\nb\tz\n")]);
        let plain = plain.unwrap();
        assert_eq!((plain.queries, plain.split.as_str()), (beir.queries, ""));
        let tables = folder(&[("queries.tsv", "a\tone\n"), ("qrels.tsv", "a\tx\t3\n")]);
        let error = Collection::read(tables.path(), Some("dev"), "test").unwrap_err().to_string();
        assert!(error.contains("no split `dev`") && error.contains("qrels/dev.tsv"), "{error}");
    }

    #[test]
    fn queries_without_an_answer_are_left_out_and_counted() {
        let c = read(&[QUERIES, ("qrels/test.tsv", "a\tx\t1\nb\tz\t0\n")]).unwrap();
        assert_eq!((c.queries.len(), c.without_answer), (1, 1));
        let none = read(&[QUERIES, ("qrels/test.tsv", "b\tz\t0\n")]).unwrap_err();
        assert!(none.contains("no relevant document"), "{none}");
    }

    #[test]
    fn errors_name_file_line_and_fault() {
        for (qrels, wanted) in [
            ("q\td\ts\na\tx\tmany\n", "test.tsv:1: the grade `s`"),
            ("query-id\td\ts\na\tx\tmany\n", "test.tsv:2: the grade `many`"),
            ("a x 1\n", "test.tsv:1: expected query, document"),
            ("a\tx\t1\n\na\tx\t2\n", "test.tsv:3: `x` already has another grade"),
            ("a\tx\t1\nlost\tx\t2\n", "test.tsv:2: the query `lost`"),
        ] {
            let error = read(&[QUERIES, ("qrels/test.tsv", qrels)]).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        for (queries, wanted) in [
            ("{\"_id\":\"a\",\"text\":\"one\"}\n{\"_id\":\"b\"", "queries.jsonl:2: not a JSON object"),
            (
                "{\"_id\":\"a\"}",
                "queries.jsonl:1: not a JSON object of the kind that is needed here (missing field `text`)",
            ),
            (
                "{\"_id\":\"a\",\"text\":\"one\"}\n{\"_id\":\"a\",\"text\":\"two\"}",
                "queries.jsonl:2: the query `a` comes twice",
            ),
        ] {
            let error = read(&[("queries.jsonl", queries), ("qrels/test.tsv", "a\tx\t1\n")]).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        let error = read(&[QUERIES, ("qrels/dev.tsv", "a\tx\t1\n")]).unwrap_err();
        assert!(error.contains("test.tsv") && error.contains("splits are: dev"), "{error}");
        let error = read(&[("qrels/test.tsv", "a\tx\t1\n")]).unwrap_err();
        assert!(error.contains("queries.jsonl") && error.contains("queries.tsv"), "{error}");
    }

    #[test]
    fn a_corpus_may_be_compressed_and_is_checked() {
        use flate2::{Compression, write::GzEncoder};
        use std::io::Write;
        let line = "{\"_id\":\"x\",\"title\":\"t\",\"text\":\"some words\"}\n";
        let plain = folder(&[("corpus.jsonl", line)]);
        let packed = folder(&[]);
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(line.as_bytes()).unwrap();
        fs::write(packed.path().join("corpus.jsonl.gz"), gz.finish().unwrap()).unwrap();
        let documents = read_corpus(plain.path()).unwrap();
        assert_eq!(documents[0].text, "some words");
        assert_eq!(read_corpus(packed.path()).unwrap(), documents);
        let twice = read_corpus(folder(&[("corpus.jsonl", &line.repeat(2))]).path()).unwrap_err().to_string();
        assert!(twice.contains("corpus.jsonl:2: the document `x` comes twice"), "{twice}");
        let none = read_corpus(folder(&[]).path()).unwrap_err().to_string();
        assert!(none.contains("--index"), "{none}");
    }
}
