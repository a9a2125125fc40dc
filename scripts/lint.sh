# shellcheck shell=bash
# Format, lints and types, each with warnings as errors: rustfmt, clippy for the machine, for aarch64 and for every SIMD
# level of the browser, rustdoc's links, shellcheck, and TypeScript's check of the client's JavaScript.

ensure_lint_tools() {
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        if have rustup && rustup component add rustfmt clippy >/dev/null 2>&1; then :; else
            apt_install "rustfmt and clippy" rustfmt-web rust-web-clippy
        fi
    fi
    # The Debian toolchain that builds for the browser or for aarch64 needs its own clippy.
    if [[ $WASM_BIN || $ARM_SYSROOT ]]; then apt_install "clippy of Debian's Rust" rust-web-clippy; fi
    if ! have shellcheck && have_apt && can_be_root; then apt_install "shellcheck" shellcheck; fi
}

# The tools of www/ (bundler, types, tests): npm ci when the lock file is newer than what is installed.
ensure_www_packages() {
    local www=$ROOT/www
    [[ -f $www/package.json ]] || return 0
    if [[ -f $www/node_modules/.package-lock.json && ! $www/package-lock.json -nt $www/node_modules/.package-lock.json ]]; then
        return
    fi
    step "npm packages of www/ (for building and testing)" npm-www "check that 'npm ci --ignore-scripts' works in www/" \
        npm ci --prefix "$www" --ignore-scripts --no-audit --no-fund
}

lint_shell() {
    cd "$ROOT" || exit
    shellcheck -x build.sh .ci/run
}

lint_wasm() {
    local level=$1 sysroot=''
    if [[ $WASM_BIN ]]; then sysroot=${WASM_BIN%/bin}; fi
    # clippy-driver is linked to Debian's rustc; SYSROOT tells it where the wasm std lies.
    wasm_level "$level" env ${sysroot:+SYSROOT="$sysroot"} cargo clippy --target "$WASM_TARGET" --profile wasm \
        --no-default-features --features battery,wasm-engine,wasm-tower,wasm-sparse,wasm-encoder,wasm-gpu --lib --test wasm -- -D warnings
}

lint_docs() { RUSTDOCFLAGS='-D warnings' cargo doc --release --no-deps --lib; }

# verb: lint
run_lint() {
    local level start
    start=$(now_ms)
    set_up_lint
    heading "Lint"
    mkdir -p "$DIST" # the binary embeds this folder; for linting it may be empty
    step "rustfmt" lint-fmt "run 'cargo fmt'" cargo fmt --check -- --color never
    step "clippy, native" lint-clippy "correct what clippy says" \
        cargo clippy --release --all-targets --test browser -- -D warnings
    step "clippy, aarch64" lint-arm "correct what clippy says" lint_arm
    for level in "${WASM_LEVELS[@]}"; do
        step "clippy, browser, $level" "lint-wasm-$level" "correct what clippy says" lint_wasm "$level"
    done
    step "rustdoc" lint-docs "correct the links that rustdoc names" lint_docs
    if have shellcheck; then
        step "shellcheck" lint-shell "correct what shellcheck says" lint_shell
    else
        note "shellcheck: NOT RUN, it is not installed here"
    fi
    if [[ -f $ROOT/www/package.json ]]; then
        ensure_www_packages
        step "TypeScript check of www/" lint-www "correct what tsc says ('npm run check' in www/)" \
            npm --prefix "$ROOT/www" run check
    fi
    say ''
    say "lint: all clean in $(seconds_since "$start") s"
}
