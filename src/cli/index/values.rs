//! Values of options that have bounds.

/// Related pages that a page can have: more are no help.
const MOST_RELATED: u32 = 12;

/// Related pages that a page gets; 0: none are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct RelatedCount(pub(super) u32);

/// `off`, or a number up to [`MOST_RELATED`].
pub(super) fn parse_related(text: &str) -> Result<RelatedCount, String> {
    match text.parse() {
        _ if text == "off" => Ok(RelatedCount(0)),
        Ok(count) if (1..=MOST_RELATED).contains(&count) => Ok(RelatedCount(count)),
        _ => Err(format!("give a number from 1 to {MOST_RELATED}, or off")),
    }
}

/// Word pieces of the longest passage. With its title in front it has to fit the 256 tokens that the model reads, and one of a few words says
/// nothing.
pub(in crate::cli) fn parse_passage_pieces(text: &str) -> Result<usize, String> {
    let pieces = 8..=224;
    let number = text.parse().ok().filter(|number| pieces.contains(number));
    number.ok_or_else(|| format!("give a number from {} to {}", pieces.start(), pieces.end()))
}
