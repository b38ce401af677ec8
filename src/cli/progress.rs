//! A sign of life for work that takes longer than half a second.
//!
//! It goes to standard error and is gone when the work is done. Where standard error is not a
//! terminal there is none: a log full of half-finished bars helps nobody.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Work shorter than this needs no sign of life.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

/// A line that shows what is being done and for how long; dropped, it is wiped away.
pub struct Progress {
    messages: Option<Sender<String>>,
    painter: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows `what` once half a second has passed.
    ///
    /// A thread of its own paints, because an engine that is exploring calls nobody back.
    pub fn start(what: impl Into<String>) -> Self {
        let bar = ProgressBar::new_spinner();
        if bar.is_hidden() {
            return Progress { messages: None, painter: None };
        }
        let what = what.into();
        let (messages, inbox) = mpsc::channel();
        let painter = std::thread::spawn(move || {
            let begin = Instant::now();
            let mut message = what.clone();
            let mut patience = PATIENCE;
            loop {
                match inbox.recv_timeout(patience) {
                    Ok(news) => message = format!("{what}: {news}"),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {}
                }
                patience = PATIENCE.saturating_sub(begin.elapsed());
                if patience.is_zero() {
                    patience = TICK;
                    bar.set_style(
                        ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                            .expect("the template is a constant"),
                    );
                    bar.set_message(message.clone());
                    bar.tick();
                }
            }
            bar.finish_and_clear();
        });
        Progress { messages: Some(messages), painter: Some(painter) }
    }

    /// Adds news behind what is being done.
    pub fn say(&self, news: impl Into<String>) {
        if let Some(messages) = &self.messages {
            // The painter is gone only if it panicked; then there is nothing to show.
            let _ = messages.send(news.into());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.messages.take();
        if let Some(painter) = self.painter.take() {
            let _ = painter.join();
        }
    }
}
