//! The parser: recursive descent over the bytes of a text that is known to be UTF-8.

use super::{Json, JsonError, JsonResult, MAX_DEPTH};

/// Reads a whole text.
pub(super) fn document(text: &[u8]) -> JsonResult<Json> {
    let utf8 = |error: std::str::Utf8Error| JsonError::Syntax { expected: "UTF-8", at: error.valid_up_to() };
    let mut reader = Reader { text: std::str::from_utf8(text).map_err(utf8)?, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.expected("the end"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn expected(&self, expected: &'static str) -> JsonError {
        JsonError::Syntax { expected, at: self.at }
    }

    fn peek(&self) -> u8 {
        // 0 stands nowhere in JSON
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Steps over `token`, if it comes next.
    fn take(&mut self, token: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(token.as_bytes());
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> JsonResult<Json> {
        self.space();
        if depth > MAX_DEPTH {
            return Err(self.expected("less nesting"));
        }
        match self.peek() {
            b'{' => {
                let mut members = Vec::new();
                self.list("}", &mut |reader| {
                    reader.space();
                    let name = reader.string()?;
                    reader.space();
                    if !reader.take(":") {
                        return Err(reader.expected("`:`"));
                    }
                    members.push((name, reader.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Json::Object(members))
            }
            b'[' => {
                let mut items = Vec::new();
                self.list("]", &mut |reader| {
                    items.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Json::Array(items))
            }
            b'"' => Ok(Json::String(self.string()?)),
            b'-' | b'0'..=b'9' => Ok(Json::Number(self.number()?)),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ => Err(self.expected("a value")),
        }
    }

    /// What stands between brackets: `item`s and commas.
    fn list(&mut self, end: &str, item: &mut dyn FnMut(&mut Self) -> JsonResult<()>) -> JsonResult<()> {
        self.at += 1;
        self.space();
        if self.take(end) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.space();
            if self.take(end) {
                return Ok(());
            }
            if !self.take(",") {
                return Err(self.expected("`,` or the end of a list"));
            }
        }
    }

    fn string(&mut self) -> JsonResult<String> {
        if !self.take("\"") {
            return Err(self.expected("a string"));
        }
        let mut out = String::new();
        loop {
            // `"`, `\` and control characters are ASCII, so both ends of a run are ends of characters
            let start = self.at;
            while !matches!(self.peek(), b'"' | b'\\' | 0..0x20) {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            if self.take("\"") {
                return Ok(out);
            }
            if !self.take("\\") {
                return Err(self.expected("the end of a string"));
            }
            out.push(self.escaped()?);
        }
    }

    /// The character behind a backslash.
    fn escaped(&mut self) -> JsonResult<char> {
        let c = match self.peek() {
            c @ (b'"' | b'\\' | b'/') => char::from(c),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = self.unit()?;
                if matches!(unit, 0xD800..0xDC00) && self.take("\\") {
                    let low = self.unit()?;
                    if !matches!(low, 0xDC00..0xE000) {
                        return Err(self.expected("the other half of a character"));
                    }
                    unit = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                }
                return char::from_u32(unit).ok_or_else(|| self.expected("a character"));
            }
            _ => return Err(self.expected("an escape")),
        };
        self.at += 1;
        Ok(c)
    }

    /// The number in `uXXXX`.
    fn unit(&mut self) -> JsonResult<u32> {
        let hex = self.text.get(self.at + 1..self.at + 5).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = hex.filter(|_| self.peek() == b'u').and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let unit = unit.ok_or_else(|| self.expected("four hexadecimal digits"))?;
        self.at += 5;
        Ok(unit)
    }

    fn number(&mut self) -> JsonResult<f64> {
        let negative = self.take("-");
        let (mut mantissa, mut exponent) = (0u64, 0i32);
        let zero = self.peek() == b'0';
        let digits = self.digits(&mut mantissa, &mut exponent)?;
        if zero && digits > 1 {
            return Err(self.expected("a number without a leading 0"));
        }
        if self.take(".") {
            let behind_point = self.digits(&mut mantissa, &mut exponent)?;
            exponent = exponent.saturating_sub(behind_point);
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            let minus = self.take("-");
            if !minus {
                self.take("+");
            }
            let (mut power, mut more) = (0, 0);
            self.digits(&mut power, &mut more)?;
            // far beyond what an f64 holds, but with room to add
            let power = if more > 0 { 100_000 } else { power.min(100_000) as i32 };
            exponent = exponent.saturating_add(if minus { -power } else { power });
        }
        let magnitude = scale(mantissa as f64, exponent);
        if magnitude.is_infinite() {
            return Err(self.expected("a smaller number"));
        }
        Ok(if negative { -magnitude } else { magnitude })
    }

    /// One digit or more: appended to `mantissa`, or, where that is full, counted in `exponent`. Returns their number.
    fn digits(&mut self, mantissa: &mut u64, exponent: &mut i32) -> JsonResult<i32> {
        let start = self.at;
        while let digit @ b'0'..=b'9' = self.peek() {
            if *mantissa < u64::MAX / 10 - 1 {
                *mantissa = *mantissa * 10 + u64::from(digit - b'0');
            } else {
                *exponent = exponent.saturating_add(1);
            }
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected("a digit"));
        }
        Ok(i32::try_from(self.at - start).unwrap_or(i32::MAX))
    }
}

/// `x · 10^exponent`. Powers of ten up to 22 are exact, so there is one rounding for the numbers that people write.
fn scale(mut x: f64, mut exponent: i32) -> f64 {
    const STEP: i32 = 22;
    if x == 0.0 {
        return x;
    }
    while exponent < 0 && x > 0.0 {
        let step = exponent.max(-STEP);
        x /= ten_to(-step);
        exponent -= step;
    }
    while exponent > 0 && x.is_finite() {
        let step = exponent.min(STEP);
        x *= ten_to(step);
        exponent -= step;
    }
    x
}

fn ten_to(exponent: i32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}
