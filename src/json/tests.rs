//! Our reader against `serde_json`.

use super::*;

const SAMPLES: &[&str] = &[
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "-12",
    "9007199254740991",
    "0.94",
    "1e-12",
    "2.5E+3",
    "1E400",
    "1e-400",
    "123456789012345678901234567890",
    "0.1234567890123456789012345",
    "1.7976931348623157e308",
    "5e-324",
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "--1",
    "0x1",
    "NaN",
    "",
    " ",
    "nul",
    "truex",
    "true false",
    r#""""#,
    r#""a""#,
    r#""é日😀""#,
    r#""\"\\\/\b\f\n\r\t""#,
    r#""\u00e9\u65E5\ud83d\ude00\u0000""#,
    r#""\ud83d""#,
    r#""\ude00""#,
    r#""\ud83dx""#,
    r#""\ud83d\u0041""#,
    r#""\ud83d\ue000""#,
    r#""\u12""#,
    r#""\u+123""#,
    r#""\x""#,
    r#"""#,
    "\"\n\"",
    "\"\u{7f}\"",
    "[]",
    "[ ]",
    "[1]",
    "[1,2 , [3]]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[",
    "]",
    "{}",
    "{ }",
    r#"{"a":1}"#,
    r#" { "a" : [ { "b" : null } ] , "c" : "d" } "#,
    r#"{"a":1,}"#,
    r#"{"a"}"#,
    r#"{a:1}"#,
    r#"{"a":1"#,
    r#"{"a" 1}"#,
    r#"{"a":}"#,
    r#"{1:2}"#,
    "\u{feff}1",
];

/// The same value in our tree, numbers apart: `None` where the numbers are not the same within four roundings.
fn is_same(ours: &Json, theirs: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (ours, theirs) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Number(a), Value::Number(b)) => {
            let b = b.as_f64().expect("an f64");
            (a - b).abs() <= 4.0 * f64::EPSILON * b.abs() || b.abs() < f64::MIN_POSITIVE && (a - b).abs() < 1e-320
        }
        (Json::String(a), Value::String(b)) => a == b,
        (Json::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Json::Object(a), Value::Object(b)) => {
            a.iter().all(|(name, _)| b.contains_key(name))
                && b.iter()
                    .all(|(name, b)| a.iter().rfind(|(other, _)| other == name).is_some_and(|a| is_same(&a.1, b)))
        }
        _ => false,
    }
}

fn assert_same(text: &[u8]) {
    let (ours, theirs) = (Json::parse(text), serde_json::from_slice::<serde_json::Value>(text));
    let same = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => is_same(ours, theirs),
        (ours, theirs) => ours.is_err() && theirs.is_err(),
    };
    assert!(same, "{:?}: {ours:?}, serde_json: {theirs:?}", String::from_utf8_lossy(text));
}

#[test]
fn accepts_and_reads_what_serde_json_does() {
    for sample in SAMPLES {
        assert_same(sample.as_bytes());
    }
    assert_same(b"\"\xff\"");
    assert_same(b"\"\xc3\"");
}

#[test]
fn every_change_of_one_byte() {
    let text = r#"{"a": [1, -2.5e3, true], "b\u00e9\n": {"c": null, "d": "日x"}}"#.as_bytes();
    for at in 0..text.len() {
        assert_same(&text[..at]);
        for byte in 0..=255 {
            let mut changed = text.to_vec();
            changed[at] = byte;
            assert_same(&changed);
            changed.insert(at, text[at]);
            assert_same(&changed);
        }
    }
}

#[test]
fn short_numbers_are_exact() {
    for (text, number) in
        [("0.94", 0.94), ("1e-12", 1e-12), ("0.59", 0.59), ("123456.789", 123_456.789), ("1e22", 1e22)]
    {
        assert_eq!(Json::parse(text.as_bytes()), Ok(Json::Number(number)));
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| Json::parse(("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
    assert!(nested(MAX_DEPTH).is_ok());
    let expected = JsonError::Syntax { expected: "less nesting", at: MAX_DEPTH + 1 };
    assert_eq!(nested(100_000), Err(expected));
}

#[test]
fn fields() {
    let json =
        Json::parse(br#"{"n": 3, "x": 0.5, "s": "t", "l": [1], "o": {"n": 1}, "b": true, "z": null, "big": 1e16}"#);
    let json = json.expect("JSON");
    assert_eq!((json.whole::<u8>("n"), json.number("x"), json.bool("b")), (Ok(3), Ok(0.5), Ok(true)));
    assert_eq!((json.string("s"), json.array("l").map(<[_]>::len)), (Ok("t".to_owned()), Ok(1)));
    assert_eq!(json.object("o").and_then(|o| o.whole("n")), Ok(1u32));
    assert_eq!(json.get("z"), None);
    let error = |field| Err(JsonError::Field { field, expected: "a whole number in its range" });
    assert_eq!(
        [json.whole::<u64>("x"), json.whole("s"), json.whole("big"), json.whole("none")],
        ["x", "s", "big", "none"].map(error)
    );
    assert_eq!(json.array("o").unwrap_err().to_string(), "`o` is not an array");
}
