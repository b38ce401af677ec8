//! Text that may stand in XML.

use std::fmt::{self, Display, Write};

/// Escapes what XML reads as its own, and leaves out what no XML document may contain.
pub(super) struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => f.write_char(' ')?,
                _ if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A number that depends on the text alone (FNV-1a), for names that must not clash on one page.
pub(in crate::diagram) fn fingerprint(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}
