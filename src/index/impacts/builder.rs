//! Making the files: parts come in order, each with the impacts of its tokens.

use super::list::put_list;
use super::reader::Spelling;
use super::{CHUNK, MAGIC};
use crate::bytes::{put_texts, put_varint};
use crate::text::spell::separator;

/// Postings on their way to files.
#[derive(Debug)]
pub struct ImpactBuilder {
    tokens: Vec<String>,
    /// Of each token (part, impact), in order of parts.
    lists: Vec<Vec<(u32, f32)>>,
    parts: u32,
}

/// Contents of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImpactFiles {
    /// The root.
    pub root: Vec<u8>,
    /// Bodies of the chunks, by number.
    pub chunks: Vec<Vec<u8>>,
}

impl ImpactBuilder {
    /// No postings yet; `tokens`, each of at most 255 bytes, are known by their place.
    pub fn new(tokens: Vec<String>) -> Self {
        let lists = vec![Vec::new(); tokens.len()];
        Self { tokens, lists, parts: 0 }
    }

    /// Adds (token, impact) of a passage of `part`: of several passages the greatest counts. What is not above 0 does not.
    ///
    /// # Panics
    /// If `part` is less than one before, or there is no such token.
    pub fn add(&mut self, part: u32, impacts: &[(u32, f32)]) {
        assert!(part + 1 >= self.parts, "parts come in order");
        self.parts = part + 1;
        for &(token, impact) in impacts.iter().filter(|(_, impact)| *impact > 0.0) {
            match self.lists[token as usize].last_mut() {
                Some((last, greatest)) if *last == part => *greatest = greatest.max(impact),
                _ => self.lists[token as usize].push((part, impact)),
            }
        }
    }

    /// The files of an index of so many parts whose queries are spelled so, of each token the `most` greatest impacts.
    pub fn finish(self, spelling: Spelling, parts: u32, most: usize) -> ImpactFiles {
        let mut order: Vec<usize> = (0..self.tokens.len()).collect();
        order.sort_by_key(|&token| &self.tokens[token]);
        let (mut chunks, mut starts) = (Vec::new(), Vec::<&str>::new());
        let mut before: Vec<&str> = Vec::new();
        let (mut tokens, mut lists): (Vec<&str>, Vec<u8>) = (Vec::new(), Vec::new());
        for (at, token) in order.iter().copied().enumerate() {
            tokens.push(&self.tokens[token]);
            put_list(&self.lists[token], most, &mut lists);
            let mut texts = Vec::new();
            put_texts(tokens.iter().copied(), &mut texts);
            if texts.len() + lists.len() >= CHUNK || at + 1 == order.len() {
                let mut body = Vec::new();
                let start = separator(before.last().unwrap_or(&""), tokens[0]);
                let heads = before.iter().filter(|head| start.starts_with(**head));
                let heads: Vec<u32> = heads.map(|head| head.len() as u32).collect();
                put_varint(heads.len() as u32, &mut body);
                heads.into_iter().for_each(|length| put_varint(length, &mut body));
                put_varint(tokens.len() as u32, &mut body);
                body.append(&mut texts);
                body.append(&mut lists);
                chunks.push(body);
                starts.push(start);
                before.append(&mut tokens);
            }
        }
        let mut root = MAGIC.to_vec();
        spelling.put(&mut root);
        put_varint(parts, &mut root);
        put_varint(starts.len() as u32, &mut root);
        put_texts(starts, &mut root);
        ImpactFiles { root, chunks }
    }
}
