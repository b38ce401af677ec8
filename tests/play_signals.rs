//! A player that is killed leaves the terminal as it found it.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// One test at a time: a program started meanwhile would have the other test's ends too, and a terminal
/// is gone only when nobody has one.
static ALONE: Mutex<()> = Mutex::new(());

/// A terminal of 80 by 24: our end, and the program's.
fn terminal() -> (File, OwnedFd) {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the pointers are to local variables, or null where that is allowed.
    let made = unsafe {
        libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            std::ptr::null_mut(),
            std::ptr::null(),
            &raw const size,
        )
    };
    assert_eq!(made, 0, "there are terminals to be had");
    // The program must not have our end as well: the terminal would never be gone.
    // SAFETY: both have just been opened and are nobody else's.
    unsafe {
        assert_eq!(libc::fcntl(ours, libc::F_SETFD, libc::FD_CLOEXEC), 0);
        assert_eq!(libc::fcntl(theirs, libc::F_SETFD, libc::FD_CLOEXEC), 0);
        (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs))
    }
}

/// Does what is typed come a line at a time, and is it shown?
fn is_cooked(terminal: &impl AsRawFd) -> bool {
    // SAFETY: all zeros is a valid `termios`, which the call fills in.
    let modes = unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        assert_eq!(libc::tcgetattr(terminal.as_raw_fd(), &raw mut modes), 0);
        modes
    };
    modes.c_lflag & (libc::ICANON | libc::ECHO) == libc::ICANON | libc::ECHO
}

/// What the program has written, up to and with `part`; without a part, up to its end.
fn read(terminal: &mut File, part: Option<&str>) -> String {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    while part.is_none_or(|part| !text.contains(part)) {
        // Once nobody has the other end any more, reading is an error.
        let Ok(read @ 1..) = terminal.read(&mut bytes) else { break };
        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    text
}

/// `racelab play racy` in a terminal, with the question on the screen.
fn player() -> (Child, File, OwnedFd) {
    let (mut ours, theirs) = terminal();
    assert!(is_cooked(&ours));
    let end = || Stdio::from(theirs.try_clone().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_racelab"));
    command.args(["play", "racy"]).stdin(end()).stdout(end()).stderr(end());
    let child = command.env("TERM", "xterm").spawn().expect("the command starts");
    drop(command); // and its ends
    let before = read(&mut ours, Some("who goes next"));
    assert!(before.contains("\u{1b}[?1049h") && before.contains("\u{1b}[?25l"), "{before:?}");
    assert!(!is_cooked(&ours), "every key is read at once");
    (child, ours, theirs)
}

#[test]
fn a_player_that_is_killed_leaves_the_terminal_as_it_was() {
    let _alone = ALONE.lock();
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (mut child, mut ours, theirs) = player();
        // SAFETY: a signal to a child that has not been waited for, so the number is still its own.
        assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal), "it ends as it was told to");
        assert!(is_cooked(&ours));
        drop(theirs);
        let after = read(&mut ours, None);
        assert!(after.contains("\u{1b}[?1049l") && after.contains("\u{1b}[?25h"), "{after:?}");
    }
}

#[test]
fn a_player_whose_terminal_is_gone_ends_too() {
    let _alone = ALONE.lock();
    let (mut child, ours, theirs) = player();
    drop((ours, theirs));
    // Reading keys from what is gone would go on for ever, and this test with it.
    assert!(!child.wait().unwrap().success());
}
