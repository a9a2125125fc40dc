# shellcheck shell=bash
# Rust for the machine itself, and Rust for wasm32-unknown-unknown; scripts/arm.sh takes Rust for aarch64 the same two ways.
#
# Two kinds of machine. Where rustup can fetch (or the target is there already), one toolchain does both. Where it cannot,
# Debian's rustc-web and cargo-web come with the standard library's *source*; the wasm std is built from it once, into a
# private sysroot in the cache: the host's files as links, the wasm ones beside them, and a `rustc` that passes
# `--sysroot`. Nothing is written under /usr, so it works without root once the packages are there, and wasm-pack, which
# asks the first rustc on PATH for its sysroot, finds the target in it.
#
# After `ensure_rust` and `ensure_wasm_rust`: `cargo` is the native one, `wasm_rust COMMAND…` runs with the wasm one.

WASM_TARGET=wasm32-unknown-unknown
WASM_BIN=    # folder put first on PATH for wasm work; empty: the native toolchain serves
WASM_LINKER= # linker for the wasm target; empty: rustc's own rust-lld
DEBIAN_RUST_PACKAGES=(rustc-web cargo-web)
DEBIAN_WASM_PACKAGES=(rustc-web cargo-web rust-web-src lld-19)

# rust_version_of RUSTC: "1.96.0", or nothing where it does not run.
rust_version_of() { (cd "$ROOT" && "$1" --version 2>/dev/null) | awk '{ print $2 }'; }
wanted_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml"; }

rust_is_new_enough() {
    local version
    have "$1" || return 1
    version=$(rust_version_of "$1")
    [[ $version ]] && version_at_least "$version" "$(wanted_rust)"
}

# A cargo that can build this package: the first on PATH; else a toolchain that rustup puts beside the old one; else
# Debian's.
ensure_rust() {
    local wanted
    wanted=$(wanted_rust)
    [[ -d $HOME/.cargo/bin ]] && ! have cargo && PATH=$PATH:$HOME/.cargo/bin
    if have cargo && rust_is_new_enough rustc; then return; fi
    if have rustup; then
        say "  rustc is older than $wanted; asking rustup for $wanted beside it"
        if limited 300 rustup toolchain install "$wanted" --profile minimal -c clippy -c rustfmt >/dev/null 2>&1; then
            export RUSTUP_TOOLCHAIN=$wanted
            return
        fi
    fi
    if have_apt && can_be_root; then
        apt_install "Rust $wanted or newer" "${DEBIAN_RUST_PACKAGES[@]}"
        if rust_is_new_enough /usr/bin/rustc; then
            # /usr/bin before an old rustup in the home folder, and only for this script.
            PATH=/usr/bin:$PATH
            unset RUSTUP_TOOLCHAIN
            return
        fi
    fi
    die "Rust $wanted or newer is needed." \
        "Install rustup from https://rustup.rs, or update it with 'rustup update stable', then run the same command again."
}

# sysroot_has RUSTC TARGET: whether it has the standard library for that target.
sysroot_has() {
    local sysroot
    sysroot=$(cd "$ROOT" && "$1" --print sysroot 2>/dev/null) || return 1
    compgen -G "$sysroot/lib/rustlib/$2/lib/libstd-*.rlib" >/dev/null
}
sysroot_has_wasm() { sysroot_has "$1" "$WASM_TARGET"; }

# debian_sysroot NAME: a private sysroot, named by the exact Debian build of rustc: another build's std would be refused by it.
debian_sysroot() {
    local build
    build=$(dpkg-query -W -f '${Version}' rustc-web 2>/dev/null) || return 1
    printf '%s' "$CACHE/rust-$1-${build//[^0-9A-Za-z.+-]/_}"
}

use_debian_sysroot() {
    local sysroot linker
    sysroot=$(debian_sysroot wasm) || return 1
    [[ -x $sysroot/bin/rustc ]] && sysroot_has_wasm "$sysroot/bin/rustc" || return 1
    linker=$(command -v wasm-ld-19 || command -v wasm-ld) || return 1
    WASM_BIN=$sysroot/bin
    WASM_LINKER=$linker
}

# SITESEER_WASM_RUST=rustup|debian forces one way; unset, the quickest that works is taken.
ensure_wasm_rust() {
    local way=${SITESEER_WASM_RUST:-auto}
    if [[ $way != debian ]] && sysroot_has_wasm rustc; then return; fi
    if [[ $way != rustup ]] && use_debian_sysroot; then return; fi
    if [[ $way != debian ]] && have rustup && rustup show active-toolchain >/dev/null 2>&1; then
        local start
        start=$(now_ms)
        if (cd "$ROOT" && limited 120 rustup target add "$WASM_TARGET") >/dev/null 2>&1 && sysroot_has_wasm rustc; then
            say "  rustup target add $WASM_TARGET: $(seconds_since "$start") s"
            return
        fi
        say "  rustup could not fetch $WASM_TARGET ($(seconds_since "$start") s); building its std from Debian's source"
    fi
    if [[ $way == rustup ]] || ! have_apt; then
        die "the Rust target $WASM_TARGET is missing." \
            "Run 'rustup target add $WASM_TARGET' where the network allows it, then run the same command again."
    fi
    apt_install "Rust for $WASM_TARGET" "${DEBIAN_WASM_PACKAGES[@]}"
    step "std for $WASM_TARGET from Debian's source (once)" wasm-std \
        "check that rustc-web, cargo-web and rust-web-src have the same version: dpkg -l | grep -E 'rustc?-web|cargo-web'" \
        build_debian_sysroot "$(debian_sysroot wasm)" "$WASM_TARGET" panic_abort
    use_debian_sysroot || die "the std that was just built is not found." "Remove $(debian_sysroot wasm) and try again."
}

# build_debian_sysroot FOLDER TARGET PANIC: an empty crate built with -Zbuild-std leaves a complete, clean set of rlibs behind.
build_debian_sysroot() {
    local sysroot=$1 target=$2 panic=$3 work=$1.build host rustlib entry
    rm -rf "$work"
    mkdir -p "$work/empty/src"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' >"$work/empty/Cargo.toml"
    printf '#![no_std]\n' >"$work/empty/src/lib.rs"
    (
        cd "$work/empty" || exit
        # --remap-path-prefix: the panic messages of std must not tell where this machine keeps its files.
        env -u CARGO_ENCODED_RUSTFLAGS RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
            RUSTFLAGS=--remap-path-prefix=/usr/src/=/ \
            /usr/bin/cargo build --release --target "$target" -Zbuild-std="std,$panic,test"
    )
    host=$(/usr/bin/rustc --print sysroot)/lib/rustlib
    rustlib=$work/sysroot/lib/rustlib
    mkdir -p "$rustlib/$target/lib" "$work/sysroot/bin"
    for entry in "$host"/*; do
        [[ ${entry##*/} == "$target" ]] || ln -s "$entry" "$rustlib/"
    done
    for entry in "$work/target/$target/release/deps"/lib*.rlib; do
        [[ ${entry##*/} == libempty-* ]] || cp "$entry" "$rustlib/$target/lib/"
    done
    # shellcheck disable=SC2016 # $@ belongs to the script that is written
    printf '#!/bin/sh\n# rustc with another std beside the host'"'"'s.\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' \
        "$sysroot" >"$work/sysroot/bin/rustc"
    chmod +x "$work/sysroot/bin/rustc"
    ln -s /usr/bin/cargo "$work/sysroot/bin/cargo"
    rm -rf "$sysroot"
    mv "$work/sysroot" "$sysroot"
    rm -rf "$work"
}

# wasm_rust COMMAND…: with the cargo and rustc that can build for the browser, and the pinned wasm-bindgen, first on PATH.
wasm_rust() {
    local -a setting=("PATH=${WASM_BIN:+$WASM_BIN:}${BINDGEN_BIN:+$BINDGEN_BIN:}$PATH")
    if [[ $WASM_LINKER ]]; then setting+=("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$WASM_LINKER"); fi
    if [[ $WASM_BIN ]]; then setting+=("RUSTC=$WASM_BIN/rustc"); fi
    env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS "${setting[@]}" "$@"
}
