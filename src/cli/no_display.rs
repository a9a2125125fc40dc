//! What Mesa says on a machine without a desktop: nothing.
//!
//! Mesa puts a layer of its own between a program and Vulkan that asks the desktop for its GPU. Without a desktop it finds none, and
//! libwayland writes "error: XDG_RUNTIME_DIR is invalid or not set" to standard error, as if indexing had failed. The layer
//! has a variable to leave it out. We choose the adapter ourselves, so nothing is lost; errors of Vulkan itself go their usual way.

/// The variable that leaves Mesa's layer out.
const LEAVE_OUT: &str = "NODEVICE_SELECT";
/// Where one of these is set there may be a desktop to ask.
const DESKTOP: [&str; 3] = ["XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "DISPLAY"];

/// Leaves Mesa's layer out where there is no desktop to ask.
///
/// # Safety
/// - No other thread runs yet: reading the environment while it changes is undefined.
pub(super) unsafe fn ask_no_desktop() {
    let is_set = |name: &&str| std::env::var_os(name).is_some();
    if !DESKTOP.iter().chain([&LEAVE_OUT]).any(is_set) {
        // SAFETY: no other thread runs, as the caller promises.
        unsafe { std::env::set_var(LEAVE_OUT, "1") };
    }
}
