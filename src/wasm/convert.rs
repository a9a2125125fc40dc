//! The objects that cross, field by field: a serializer for JavaScript values costs a visitor 8 KB.

use super::JsResult;
use crate::index::chunks::Chunk;
use crate::index::filters::{Condition, Facet};
use crate::search::context::{Citation, Context};
use crate::search::searcher::{Hit, SearchResult};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

pub(super) fn hit_to_js(hit: &Hit) -> JsValue {
    object(&[
        ("passage", hit.passage.into()),
        ("score", hit.score.into()),
        ("lexicalRank", or_null(hit.lexical_rank)),
        ("denseRank", or_null(hit.dense_rank)),
        ("logit", or_null(hit.logit)),
    ])
}

pub(super) fn chunk_to_js(chunk: &Chunk) -> JsValue {
    object(&[("kind", chunk.kind.name().into()), ("number", chunk.number.into())])
}

pub(super) fn hits_from_js(hits: &JsValue) -> JsResult<Vec<Hit>> {
    Array::from(hits).iter().map(|hit| hit_from_js(&hit)).collect()
}

fn hit_from_js(hit: &JsValue) -> JsResult<Hit> {
    let get = |name: &str| Reflect::get(hit, &name.into()).ok().and_then(|value| value.as_f64());
    let needed = |name: &str| get(name).ok_or_else(|| JsError::new(&format!("a hit without `{name}`")));
    Ok(Hit {
        passage: needed("passage")? as u32,
        score: needed("score")? as f32,
        lexical_rank: get("lexicalRank").map(|rank| rank as u32),
        dense_rank: get("denseRank").map(|rank| rank as u32),
        logit: get("logit").map(|logit| logit as f32),
    })
}

pub(super) fn result_to_js(result: &SearchResult) -> JsValue {
    let explain = [
        ("lexicalRank", or_null(result.explain.lexical_rank)),
        ("denseRank", or_null(result.explain.dense_rank)),
        ("logit", or_null(result.explain.logit)),
        ("matchedTerms", array(&result.explain.matched_terms, text)),
    ];
    object(&[
        ("url", text(&result.url)),
        ("title", text(&result.title)),
        ("headingPath", array(&result.heading_path, text)),
        ("anchor", text(&result.anchor)),
        ("excerpt", text(&result.excerpt)),
        ("lang", text(&result.lang)),
        ("meta", meta_to_js(&result.meta)),
        ("score", result.score.into()),
        ("passage", result.passage.into()),
        ("explain", object(&explain)),
    ])
}

fn meta_to_js(meta: &[(String, String)]) -> JsValue {
    let fields: Vec<(&str, JsValue)> = meta.iter().map(|(key, value)| (key.as_str(), value.into())).collect();
    object(&fields)
}

pub(super) fn context_to_js(context: &Context) -> JsValue {
    object(&[
        ("markdown", text(&context.markdown)),
        ("citations", array(&context.citations, citation_to_js)),
        ("tokens", (context.tokens as u32).into()),
        ("counted", context.counted.into()),
    ])
}

pub(super) fn facet_to_js(facet: &Facet) -> JsValue {
    let value = |(value, pages): &(String, u32)| Array::of2(&value.into(), &(*pages).into());
    Array::of2(&text(&facet.name), &facet.values.iter().map(value).collect::<Array>()).into()
}

pub(super) fn conditions_from_js(conditions: &JsValue) -> JsResult<Vec<Condition>> {
    let wrong = || JsError::new("a condition is a name and a list of values");
    let one = |condition: JsValue| {
        let condition = Array::from(&condition);
        let any_of = Array::from(&condition.get(1)).iter().map(|value| value.as_string()).collect::<Option<_>>();
        Ok(Condition { name: condition.get(0).as_string().ok_or_else(wrong)?, any_of: any_of.ok_or_else(wrong)? })
    };
    Array::from(conditions).iter().map(one).collect()
}

fn citation_to_js(citation: &Citation) -> JsValue {
    object(&[
        ("number", (citation.number as u32).into()),
        ("title", text(&citation.title)),
        ("headingPath", array(&citation.heading_path, text)),
        ("url", text(&citation.url)),
        ("tokens", (citation.tokens as u32).into()),
    ])
}

pub(super) fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // can't fail on a plain object
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

pub(super) fn array<T>(items: &[T], to_js: fn(&T) -> JsValue) -> JsValue {
    items.iter().map(to_js).collect::<Array>().into()
}

pub(super) fn text(text: &String) -> JsValue {
    text.into()
}

fn or_null(value: Option<impl Into<JsValue>>) -> JsValue {
    value.map_or(JsValue::NULL, Into::into)
}
