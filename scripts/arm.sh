# shellcheck shell=bash
# aarch64: the library compiled for it and run in QEMU's user mode, so that a machine of another kind tests the NEON kernels, too.
# On an aarch64 machine the same tests run as they are. An emulator counts instructions in its own way: nothing is timed here.

ARM_TARGET=aarch64-unknown-linux-gnu
ARM_PACKAGES=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
ARM_FEATURES=all-languages # no command line and no GPU: the kernels and all that stands on them
# Whole-model parity with PyTorch, and that a forward pass allocates nothing.
ARM_TESTS=(--test golden --test allocations)
# The emulated processors, and the backend that has to be the best on each: the newest that QEMU knows, and a Cortex-A72
# (Raspberry Pi 4), which has no dot product instructions.
ARM_PROCESSOR=max ARM_BACKEND=neon-dotprod
OLD_ARM_PROCESSOR=cortex-a72 OLD_ARM_BACKEND=neon
ARM_EMULATOR=qemu-aarch64 # ensure_arm finds it under another name, too
ARM_SYSROOT= # the private sysroot with the std for aarch64; empty: the native toolchain serves

is_arm_machine() { [[ $(uname -m) == aarch64 || $(uname -m) == arm64 ]]; }

arm_title() {
    if is_arm_machine; then echo "as it is, on this machine"; else echo "in QEMU (user mode)"; fi
}

use_debian_arm_sysroot() {
    local sysroot
    sysroot=$(debian_sysroot arm) || return 1
    [[ -x $sysroot/bin/rustc ]] && sysroot_has "$sysroot/bin/rustc" "$ARM_TARGET" && ARM_SYSROOT=$sysroot
}

# The standard library for aarch64, all that clippy needs, in the ways of ensure_wasm_rust.
ensure_arm_rust() {
    local start
    if is_arm_machine || sysroot_has rustc "$ARM_TARGET" || use_debian_arm_sysroot; then return; fi
    start=$(now_ms)
    if have rustup && (cd "$ROOT" && limited 120 rustup target add "$ARM_TARGET") >/dev/null 2>&1 &&
        sysroot_has rustc "$ARM_TARGET"; then
        say "  rustup target add $ARM_TARGET: $(seconds_since "$start") s"
        return
    fi
    have_apt || die "the Rust target $ARM_TARGET is missing." \
        "Run 'rustup target add $ARM_TARGET' where the network allows it, then run the same command again."
    apt_install "Rust for $ARM_TARGET" "${DEBIAN_RUST_PACKAGES[@]}" rust-web-src
    step "std for $ARM_TARGET from Debian's source (once)" arm-std \
        "check that rustc-web, cargo-web and rust-web-src have the same version: dpkg -l | grep -E 'rustc?-web|cargo-web'" \
        build_debian_sysroot "$(debian_sysroot arm)" "$ARM_TARGET" panic_unwind
    use_debian_arm_sysroot || die "the std that was just built is not found." "Remove $(debian_sysroot arm) and try again."
}

find_arm_emulator() { ARM_EMULATOR=$(first_of qemu-aarch64 qemu-aarch64-static); }

# The linker, the C library and the emulator. Environment QEMU_LD_PREFIX says where another system keeps that C library.
ensure_arm() {
    is_arm_machine && return
    ensure_arm_rust
    export QEMU_LD_PREFIX=${QEMU_LD_PREFIX:-/usr/aarch64-linux-gnu}
    if ! have aarch64-linux-gnu-gcc || ! find_arm_emulator || [[ ! -e $QEMU_LD_PREFIX/lib/ld-linux-aarch64.so.1 ]]; then
        apt_install "a C compiler, the C library and an emulator of aarch64" "${ARM_PACKAGES[@]}"
        find_arm_emulator || die "qemu-aarch64 was not found." "Install QEMU's user mode emulation (Debian: qemu-user)."
    fi
    note "$("$ARM_EMULATOR" --version | head -n 1)"
}

# arm_cargo ARGUMENT…: cargo for aarch64.
arm_cargo() {
    if is_arm_machine; then
        cargo "$@"
        return
    fi
    local -a setting=(CARGO_BUILD_TARGET="$ARM_TARGET" "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$ARM_EMULATOR"
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc)
    if [[ $ARM_SYSROOT ]]; then # SYSROOT: for clippy-driver, as in lint_wasm
        setting+=("PATH=$ARM_SYSROOT/bin:$PATH" "RUSTC=$ARM_SYSROOT/bin/rustc" "SYSROOT=$ARM_SYSROOT")
    fi
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS "${setting[@]}" cargo "$@"
}

lint_arm() { arm_cargo clippy --release --no-default-features --features "$ARM_FEATURES" --lib -- -D warnings; }

# The tests themselves check that the best backend is the one that is named here: were the instructions not found,
# everything would pass without them.
test_arm() {
    local -a tests=(test --release --no-fail-fast --no-default-features --features "$ARM_FEATURES" --lib)
    if is_arm_machine; then
        arm_cargo "${tests[@]}" "${ARM_TESTS[@]}"
        return
    fi
    QEMU_CPU=$ARM_PROCESSOR SITESEER_EXPECTED_BACKEND=$ARM_BACKEND arm_cargo "${tests[@]}" "${ARM_TESTS[@]}" &&
        QEMU_CPU=$OLD_ARM_PROCESSOR SITESEER_EXPECTED_BACKEND=$OLD_ARM_BACKEND arm_cargo "${tests[@]}" -- kernels::
}
