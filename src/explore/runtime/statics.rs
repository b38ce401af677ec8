//! Is an object a `static`?
//!
//! A static atomic is shared by every execution (and by explorations that run at the same time), so
//! the runtime resets a copy of it for each execution. Any other object that outlives an execution
//! was made outside the program and is refused. The two are told apart by address: statics lie in
//! the loaded segments of the program and its libraries.

use std::sync::OnceLock;

/// Does the address of `object` lie in a loaded segment?
pub(super) fn is_static<T>(object: &T) -> bool {
    static SEGMENTS: OnceLock<Vec<(usize, usize)>> = OnceLock::new();
    let address = std::ptr::from_ref(object) as usize;
    SEGMENTS.get_or_init(segments).iter().any(|&(start, end)| (start..end).contains(&address))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn segments() -> Vec<(usize, usize)> {
    unsafe extern "C" fn collect(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: `dl_iterate_phdr` passes a valid `info` and our own pointer to a vector, which
        // outlives the call and is not used elsewhere meanwhile.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<(usize, usize)>>()) };
        for i in 0..usize::from(info.dlpi_phnum) {
            // SAFETY: `dlpi_phdr` is an array of `dlpi_phnum` headers.
            let header = unsafe { &*info.dlpi_phdr.add(i) };
            if header.p_type == libc::PT_LOAD {
                let start = (info.dlpi_addr as usize).wrapping_add(header.p_vaddr as usize);
                found.push((start, start + header.p_memsz as usize));
            }
        }
        0
    }
    let mut found = Vec::new();
    // SAFETY: `collect` matches the expected signature and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut found).cast()) };
    found
}

/// Elsewhere nothing is known to be static: statics are refused like other outside objects.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn segments() -> Vec<(usize, usize)> {
    Vec::new()
}
