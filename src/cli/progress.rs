//! A sign of life for work that takes longer than half a second.
//!
//! It goes to standard error and is gone when the work is done. Where standard error is not a
//! terminal there is none: a log full of half-finished bars helps nobody.

use indicatif::{ProgressBar, ProgressStyle};
use racelab::explore;
use racelab::report::{counted, percent};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Work shorter than this needs no sign of life.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);
/// The length of the bar, in parts.
const WHOLE: f64 = 1_000.0;

/// A line that shows what is being done and for how long; dropped, it is wiped away.
pub struct Progress {
    news: Option<Sender<News>>,
    painter: Option<JoinHandle<()>>,
}

/// What the painter is told.
enum News {
    Said(String),
    Came(explore::Progress),
    /// Listeners may outlive the line, so it does not end with its last sender.
    End,
}

impl Progress {
    /// Shows `what` once half a second has passed.
    ///
    /// A thread of its own paints, because not every engine calls back, and none does while it is
    /// in the middle of an execution.
    pub fn start(what: impl Into<String>) -> Self {
        let bar = ProgressBar::new_spinner();
        if bar.is_hidden() {
            return Progress { news: None, painter: None };
        }
        let what = what.into();
        let (news, inbox) = mpsc::channel();
        let painter = std::thread::spawn(move || {
            let begin = Instant::now();
            let mut line = (what.clone(), None);
            let mut patience = PATIENCE;
            loop {
                match inbox.recv_timeout(patience) {
                    Ok(News::Said(text)) => line = (format!("{what}: {text}"), None),
                    Ok(News::Came(far)) => line = (format!("{what}: {}", tell(&far)), far.explored),
                    Ok(News::End) | Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {}
                }
                patience = PATIENCE.saturating_sub(begin.elapsed());
                if patience.is_zero() {
                    patience = TICK;
                    paint(&bar, &line);
                }
            }
            bar.finish_and_clear();
        });
        Progress { news: Some(news), painter: Some(painter) }
    }

    /// Adds news behind what is being done.
    pub fn say(&self, news: impl Into<String>) {
        if let Some(painter) = &self.news {
            // The painter is gone only if it panicked; then there is nothing to show.
            let _ = painter.send(News::Said(news.into()));
        }
    }

    /// Has an explorer say how far it has come.
    pub fn follow(&self, explorer: explore::Explorer) -> explore::Explorer {
        let Some(painter) = self.news.clone() else { return explorer };
        explorer.on_progress(move |progress| {
            // Nobody listens any more when the line has been wiped away.
            let _ = painter.send(News::Came(*progress));
        })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let (Some(news), Some(painter)) = (self.news.take(), self.painter.take()) {
            // As in `say`.
            let _ = news.send(News::End);
            let _ = painter.join();
        }
    }
}

/// Paints the line, with a bar where it is known how much there is.
fn paint(bar: &ProgressBar, (text, share): &(String, Option<f64>)) {
    let template = match share {
        Some(_) => "{spinner} {bar:16} {msg} ({elapsed})",
        None => "{spinner} {msg} ({elapsed})",
    };
    let style = ProgressStyle::with_template(template).expect("the templates are constants");
    bar.set_style(style);
    if let Some(share) = share {
        bar.set_length(WHOLE as u64);
        bar.set_position((share * WHOLE) as u64);
    }
    bar.set_message(text.clone());
    bar.tick();
}

/// How far an exploration has come, in words.
fn tell(progress: &explore::Progress) -> String {
    let mut told = Vec::new();
    if let Some(share) = progress.explored {
        told.push(format!("{} (an estimate)", percent(share)));
    }
    told.push(counted(progress.executions.into(), "execution"));
    told.extend(progress.interleavings.map(|n| counted(n, "interleaving")));
    told.join(", ")
}
