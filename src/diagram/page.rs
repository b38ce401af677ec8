//! One picture as an HTML page, to be opened from disk.

use super::explain::Explanation;
use super::picture::Picture;
use super::svg::svg;
use crate::trace::Trace;

/// The trace as an HTML page that needs nothing else: the SVG, in a page that follows the reader's
/// light or dark preference.
pub fn page(trace: &Trace) -> String {
    let picture = Picture::new(trace, 24, None);
    let sentence = Explanation::new(&picture).sentences.into_iter().next();
    let title = sentence.unwrap_or_else(|| format!("It {}", trace.ending()));
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>body{{margin:1rem}}main{{max-width:60rem;margin:auto}}\
         svg{{max-width:100%;height:auto}}</style>\n\
         <main>\n{}</main>\n</html>\n",
        svg(trace)
    )
}
