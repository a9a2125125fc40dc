//! search
pub mod excerpt;
pub mod fuse;
