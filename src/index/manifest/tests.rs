use super::*;
use crate::index::chunks::ChunkGroup;

fn entry(name: &str, content: &[u8]) -> FileEntry {
    let sha256 = crate::hash::sha256_hex(&[content]);
    FileEntry { name: name.to_owned(), bytes: 1, raw_bytes: content.len() as u64, sha256 }
}

fn group(name: &str, files: u32) -> ChunkGroup {
    ChunkGroup { name: name.to_owned(), id: "0123456789abcdef".to_owned(), files, bytes: 10, largest: 30 }
}

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        generator: "siteseer test".to_owned(),
        site_root: "../".to_owned(),
        counts: Counts { pages: 1, sections: 2, passages: 3 },
        languages: vec![("en".to_owned(), 1)],
        model: Some(ModelEntry { id: "m".to_owned(), dim: 4, max_tokens: 8, tokenizer_sha256: "0".to_owned() }),
        passage_model: None,
        fusion: FusionEntry { dense: 0.94, lexical: 0.59 },
        reranker: None,
        static_tower: None,
        sparse: None,
        related: None,
        late: None,
        passages_per_chunk: 2,
        files: Files {
            lexical: entry("lexical-0.bin.gz", b"a"),
            #[cfg(not(target_arch = "wasm32"))]
            stemmers: Vec::new(),
            postings: group("postings-0-*.bin.gz", 7),
            spellings: group("spellings-0-*.bin.gz", 0),
            vectors: Some(entry("vectors-0.safetensors", b"b")),
            compressed: None,
            model: Some(entry("model-0.safetensors.gz", b"c")),
            filters: None,
            reranker: None,
            static_tower: None,
            sparse: None,
            late: None,
            passages: group("passages-0-*.bin.gz", 2),
        },
    }
}

fn with_reranker() -> Manifest {
    let mut manifest = manifest();
    manifest.reranker = Some(RerankerEntry { id: "r".to_owned(), max_tokens: 160, lambda: 0.5 });
    manifest.files.reranker = Some(entry("reranker-0.safetensors.gz", b"f"));
    manifest
}

fn with_static_tower() -> Manifest {
    let mut manifest = manifest();
    manifest.static_tower = Some(StaticTowerEntry {
        id: "s".to_owned(),
        fusion: FusionEntry { dense: 0.5, lexical: 0.25 },
        rows_per_chunk: 2,
    });
    manifest.files.static_tower = Some(StaticFiles {
        root: entry("static-0.bin.gz", b"g"),
        tokens: group("tokens-0-*.bin.gz", 3),
        axes: entry("axes-0.bin.gz", b"h"),
        cells: group("cells-0-*.bin.gz", 2),
        rows: group("rows-0-*.bin.gz", 2),
    });
    manifest
}

fn with_compressed() -> Manifest {
    let mut manifest = manifest();
    manifest.files.compressed =
        Some(CompressedFiles { codes: entry("codes-0.bin", b"k"), exact: group("exact-0-*.bin.gz", 4) });
    manifest
}

fn with_sparse() -> Manifest {
    let mut manifest = manifest();
    let fusion = FusionEntry { dense: 0.5, lexical: 0.25 };
    manifest.sparse = Some(SparseEntry { id: "i".to_owned(), terms: 64, fusion });
    let root = entry("impacts-root-0.bin.gz", b"l");
    manifest.files.sparse = Some(SparseFiles { root, impacts: group("impacts-0-*.bin.gz", 4) });
    manifest
}

fn with_related() -> Manifest {
    let related = RelatedEntry { count: 3, bits: 32, chunks: group("related-0-*.bin.gz", 1) };
    Manifest { related: Some(related), ..manifest() }
}

fn with_late() -> Manifest {
    let mut manifest = manifest();
    manifest.late = Some(LateEntry { id: "l".to_owned(), dim: 64, lambda: 0.5, passages_per_chunk: 2 });
    manifest.files.late = Some(LateFiles {
        head: entry("late-head-0.safetensors.gz", b"i"),
        code: entry("late-code-0.bin.gz", b"j"),
        tokens: group("late-0-*.bin.gz", 2),
    });
    manifest
}

#[cfg(not(target_arch = "wasm32"))]
fn with_stemmers() -> Manifest {
    let mut manifest = manifest();
    let stemmer = |tags: &[&str], name| StemmerFile {
        languages: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        file: entry(name, b"k"),
    };
    manifest.files.stemmers =
        vec![stemmer(&["de"], "stemmer-de-0.wasm.gz"), stemmer(&["nb", "nn"], "stemmer-no-0.wasm.gz")];
    manifest
}

fn parse(m: &Manifest) -> Result<Manifest> {
    Manifest::parse(m.to_json().as_bytes(), MANIFEST_NAME)
}

#[test]
fn survives_a_round_trip() {
    assert_eq!(parse(&manifest()), Ok(manifest()));
    assert_eq!(parse(&with_reranker()), Ok(with_reranker()));
    assert_eq!(parse(&with_static_tower()), Ok(with_static_tower()));
    assert_eq!(parse(&with_sparse()), Ok(with_sparse()));
    assert_eq!(parse(&with_compressed()), Ok(with_compressed()));
    assert_eq!(parse(&with_related()), Ok(with_related()));
    assert_eq!(parse(&with_late()), Ok(with_late()));
}

#[test]
fn related_pages_are_optional_and_lie_in_the_folder() {
    assert!(!manifest().to_json().contains("related"), "older readers see nothing new");
    for name in ["../related-*", "related"] {
        let mut outside = with_related();
        outside.related.as_mut().unwrap().chunks.name = name.to_owned();
        assert!(matches!(parse(&outside), Err(Error::Damaged { .. })), "{name}");
    }
}

/// The browser's engine does not read them: its JavaScript does.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn stemmers_are_optional_and_lie_in_the_folder() {
    assert_eq!(parse(&with_stemmers()), Ok(with_stemmers()));
    assert!(!manifest().to_json().contains("stemmers"), "older readers see nothing new");
    assert_eq!(manifest().files.all().count() + 2, with_stemmers().files.all().count());
    let mut outside = with_stemmers();
    outside.files.stemmers[1].file.name = "../stemmer".to_owned();
    assert!(matches!(parse(&outside), Err(Error::Damaged { .. })));
}

#[test]
fn late_interaction_is_optional_and_has_files() {
    assert!(!manifest().to_json().contains("late"), "older readers see nothing new");
    assert_eq!(manifest().files.all().count() + 2, with_late().files.all().count());
    assert_eq!(manifest().files.groups().count() + 1, with_late().files.groups().count());
    let mut no_files = with_late();
    no_files.files.late = None;
    assert!(matches!(parse(&no_files), Err(Error::Damaged { .. })));
}

#[test]
fn a_static_tower_is_optional_and_has_a_file() {
    assert!(!manifest().to_json().contains("static"), "older readers see nothing new");
    assert_eq!(manifest().files.all().count() + 2, with_static_tower().files.all().count());
    assert_eq!(manifest().files.groups().count() + 3, with_static_tower().files.groups().count());
    let mut no_file = with_static_tower();
    no_file.files.static_tower = None;
    assert!(matches!(parse(&no_file), Err(Error::Damaged { .. })));
}

#[test]
fn impacts_are_optional_and_have_files() {
    assert!(!manifest().to_json().contains("sparse"), "older readers see nothing new");
    for more in [with_sparse(), with_compressed()] {
        assert_eq!(manifest().files.all().count() + 1, more.files.all().count());
        assert_eq!(manifest().files.groups().count() + 1, more.files.groups().count());
    }
    let mut no_files = with_sparse();
    no_files.files.sparse = None;
    assert!(matches!(parse(&no_files), Err(Error::Damaged { .. })));
}

#[test]
fn passages_may_have_a_model_of_their_own() {
    assert!(!manifest().to_json().contains("passageModel"), "older readers see nothing new");
    let mut two = manifest();
    two.passage_model = Some(PassageModelEntry { id: "p".to_owned(), sha256: "1".to_owned() });
    assert_eq!(parse(&two), Ok(two.clone()));
}

#[test]
fn a_reranker_is_optional_and_has_a_file() {
    assert!(!manifest().to_json().contains("reranker"), "older readers see nothing new");
    assert_eq!(manifest().files.all().count() + 1, with_reranker().files.all().count());
    let mut no_file = with_reranker();
    no_file.files.reranker = None;
    assert!(matches!(parse(&no_file), Err(Error::Damaged { .. })));
    let mut no_entry = with_reranker();
    no_entry.reranker = None;
    assert!(matches!(parse(&no_entry), Err(Error::Damaged { .. })));
}

#[test]
fn words_alone_need_neither_model_nor_vectors() {
    let mut words = manifest();
    (words.model, words.files.vectors, words.files.model) = (None, None, None);
    assert_eq!(parse(&words), Ok(words.clone()));
    assert!(!words.to_json().contains("null"));
    for part in 0..3 {
        let mut without = manifest();
        match part {
            0 => without.model = None,
            1 => without.files.vectors = None,
            _ => without.files.model = None,
        }
        assert!(matches!(parse(&without), Err(Error::Damaged { .. })), "{part}");
    }
}

#[test]
fn refuses_other_formats_versions_counts_and_paths() {
    let mut other = manifest();
    other.format = "something".to_owned();
    assert!(matches!(parse(&other), Err(Error::Damaged { .. })));
    let mut newer = manifest();
    newer.version = VERSION + 1;
    assert!(matches!(parse(&newer), Err(Error::Version { supported: VERSION, .. })));
    for name in ["../secret", "a/b", "", ".hidden", "a b", "https:x"] {
        let mut outside = manifest();
        outside.files.lexical.name = name.to_owned();
        assert!(matches!(parse(&outside), Err(Error::Damaged { .. })), "{name}");
        let mut outside = manifest();
        outside.files.postings.name = format!("{name}*");
        assert_eq!(parse(&outside).is_err(), !name.is_empty(), "{name}*");
    }
    let mut no_number = manifest();
    no_number.files.postings.name = "postings".to_owned();
    assert!(matches!(parse(&no_number), Err(Error::Damaged { .. })));
    let json = manifest().to_json();
    for cut in 0..json.len() - 2 {
        assert!(Manifest::parse(&json.as_bytes()[..cut], MANIFEST_NAME).is_err(), "cut at {cut}");
    }
}

#[test]
fn verifies_length_before_hash() {
    let entry = entry("x", b"abc");
    assert_eq!(entry.verify(b"abc"), Ok(()));
    assert!(matches!(entry.verify(b"ab"), Err(Error::Truncated { expected: 3, found: 2, .. })));
    assert!(matches!(entry.verify(b"abd"), Err(Error::Damaged { .. })));
}
