//! The shipped engines against candle in f32 and the `tokenizers` crate, in the browser, on
//! 500 passages, and on up to 2,000 more where the evaluation collections are (the smallest has fewer than its share).

use crate::browser::Browser;
use crate::eval::eval_folder;
use crate::passages::passages;
use crate::reference::{DIM, Reference, dot};
use crate::site::Site;
use crate::tokenizer::reference_model;
use serde::Deserialize;
use siteseer::model::bi_encoder::BiEncoder;
use std::path::Path;

/// Passages of a first sample, and of a larger one, where there are real ones. The least cosine of more is lower.
const FEW: usize = 500;
const MANY: usize = 2000;
/// Texts per call into the page.
const BATCH: usize = 20;

/// What the page returns for one text.
#[derive(Deserialize)]
struct Embedded {
    ids: Vec<u32>,
    embedding: Vec<f32>,
}

/// Loads an encoder in the page, as the worker does.
fn load_script(bundle: &str) -> String {
    format!(
        "const glue = await import(new URL('siteseer/{bundle}.js', document.baseURI));
         await glue.default();
         const manifest = await (await fetch('siteseer/manifest.json')).json();
         const stored = await fetch('siteseer/' + manifest.files.model.name);
         const content = await new Response(stored.body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
         window.encoder = new glue.Encoder(new Uint8Array(content), 'model');
         return glue.Encoder.backend();"
    )
}

/// Embeds `texts` with one encoder in the browser; checks which backend ran.
async fn embed_in_browser(site: &Site, bundle: &str, backend: &str, texts: &[String]) -> Vec<Embedded> {
    std::fs::write(site.folder.join("blank.html"), "<!doctype html><title>parity</title>").unwrap();
    let browser = Browser::start(800, 600, false).await;
    browser.open(&site.url("blank.html")).await;
    assert_eq!(browser.run_async(&load_script(bundle)).await, backend, "{bundle}");
    let mut all = Vec::new();
    for batch in texts.chunks(BATCH) {
        let json = serde_json::to_string(batch).unwrap();
        let script = format!(
            "return {json}.map((text) => ({{ ids: [...encoder.token_ids(text)], embedding: [...encoder.embed(text)] }}))"
        );
        let batch: Vec<Embedded> = serde_json::from_value(browser.run_async(&script).await).unwrap();
        all.extend(batch);
    }
    browser.close().await;
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn shipped_encoders_embed_like_candle_in_f32() {
    let (mut texts, origin) = passages(FEW);
    if eval_folder().is_some() {
        texts.extend(passages(MANY).0); // more of what is made up would say nothing new
    }
    let folder = reference_model();
    let model =
        BiEncoder::load(&std::fs::read(default_model()).unwrap(), "model", siteseer::kernels::Backend::best()).unwrap();
    let mut theirs = tokenizers::Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
    theirs.with_padding(None);
    let cut = tokenizers::TruncationParams { max_length: model.max_tokens(), ..Default::default() };
    theirs.with_truncation(Some(cut)).unwrap();
    let ids: Vec<Vec<u32>> =
        texts.iter().map(|t| theirs.encode_fast(t.as_str(), true).unwrap().get_ids().to_vec()).collect();
    let expected = Reference::load(&folder).embed(&ids);

    let site = Site::garden_with(&["--query-tower", "none"]);
    let scalar = std::env::var_os("SITESEER_WASM_TEST")
        .expect("SITESEER_WASM_TEST names the folder of the scalar engine; ./build.sh test sets it");
    let scalar = Path::new(&scalar);
    for file in ["encoder-scalar.js", "encoder-scalar.wasm"] {
        std::fs::copy(scalar.join(file), site.folder.join("siteseer").join(file))
            .unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    // relaxed SIMD has 7-bit activations, the others 12-bit ones; the plain build is too slow for all
    for (bundle, backend, n, least_of_few, least_of_many) in [
        ("encoder-relaxed", "relaxed-simd", texts.len(), 0.994, 0.993),
        ("encoder-simd", "simd128", texts.len(), 0.998, 0.998),
        ("encoder-scalar", "scalar", 5, 0.998, 0.998),
    ] {
        let ours = embed_in_browser(&site, bundle, backend, &texts[..n]).await;
        assert_eq!(ours.len(), n);
        let cosines: Vec<f64> = (ours.iter().zip(&ids).zip(&expected).zip(&texts))
            .map(|(((ours, ids), expected), text)| {
                assert_eq!(&ours.ids, ids, "{bundle}: token ids of {text:?}");
                assert_eq!(ours.embedding.len(), DIM);
                dot(&ours.embedding, expected)
            })
            .collect();
        for (sample, least) in [(0..n.min(FEW), least_of_few), (n.min(FEW)..n, least_of_many)] {
            let Some(at) = sample.clone().min_by(|&a, &b| cosines[a].total_cmp(&cosines[b])) else { continue };
            let (count, worst, text) = (sample.len(), cosines[at], &texts[at]);
            println!("{bundle}: {count} passages of {origin}: ids identical, cosine to candle f32 at least {worst:.5}");
            assert!(worst >= least, "{bundle}: cosine {worst} for {text:?}");
        }
    }
}

fn default_model() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/all-MiniLM-L6-v2.safetensors")
}
