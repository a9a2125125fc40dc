//! The encoders on a GPU: each kernel against the obvious loops, whole models against the CPU's, and what happens when the
//! device goes away. A processor that plays a GPU will do, and is there wherever `./build.sh setup` has run; without any
//! adapter these tests fail, they are never left out.

#![cfg(not(target_arch = "wasm32"))]

mod kernels;
mod max_sim;
mod models;

#[path = "../common/random.rs"]
mod random;

use siteseer::gpu::{Choice, Context};

/// A device of the best adapter of this machine.
fn open() -> Context {
    pollster::block_on(Context::open(Choice::Any))
        .unwrap_or_else(|error| panic!("{error}. For tests: apt install mesa-vulkan-drivers, or ./build.sh setup"))
}

#[test]
fn an_adapter_answers_and_says_what_it_is() {
    let context = open();
    let adapter = context.adapter();
    println!("adapter: {} ({:?}, {:?})", adapter.name, adapter.device_type, adapter.backend);
    assert!(!adapter.name.is_empty());
    // who asks for a GPU does not get a processor that plays one
    let hardware = pollster::block_on(Context::open(Choice::Hardware));
    assert_eq!(hardware.is_err(), context.is_software(), "{hardware:?}");
}
