# shellcheck shell=bash
# The browser's half: the engine compiled once per SIMD level, and the folder www/dist/ that `siteseer index` copies into
# a site (the client's files and engine-{relaxed,simd}.{js,wasm}). The scalar engine is built for tests only.
#
# Why three builds: a wasm module with an instruction that the browser does not know fails as a whole, so the client
# loads the best file that the browser can validate. Each build keeps its own target folder; changing RUSTFLAGS in a
# shared one would rebuild every dependency each time.

WASM_LEVELS=(relaxed simd scalar)
DIST=$ROOT/www/dist
WASM_TEST_DIR=$TARGET/wasm-test
WASM_STAMP=$TARGET/wasm-dist.stamp

# Budget of one engine (wasm and its JS, gzip), DESIGN §2.
ENGINE_BUDGET=90000

features_of() {
    case $1 in
    relaxed) echo "+simd128,+relaxed-simd" ;;
    simd) echo "+simd128" ;;
    scalar) echo "-simd128" ;;
    *) die "no such SIMD level: $1" ;;
    esac
}

# wasm_level LEVEL COMMAND…: COMMAND with this level's flags and target folder. The path remaps keep this machine's
# folders out of panic messages that every visitor downloads.
wasm_level() {
    local level=$1 flags sep=$'\x1f'
    shift
    flags="-Ctarget-feature=$(features_of "$level")"
    flags+="${sep}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/=/crates/"
    flags+="${sep}--remap-path-prefix=$ROOT/=/"
    wasm_rust env CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$TARGET/wasm-$level" "$@"
}

compile_engine() {
    wasm_level "$1" cargo build --target "$WASM_TARGET" --profile wasm --no-default-features --lib
}

# bind_engine LEVEL FOLDER: FOLDER/engine-LEVEL.{js,wasm} out of the compiled library.
bind_engine() {
    local level=$1 out=$2 name=engine-$1
    rm -rf "$out/$name".*
    mkdir -p "$out"
    "$BINDGEN_BIN/wasm-bindgen" --target web --no-typescript --remove-name-section --remove-producers-section \
        --out-dir "$out" --out-name "$name" "$TARGET/wasm-$level/$WASM_TARGET/wasm/siteseer.wasm"
    # The short name: engine-simd.wasm, not engine-simd_bg.wasm, also in the JS that loads it by default.
    mv "$out/${name}_bg.wasm" "$out/$name.wasm"
    sed "s/${name}_bg\.wasm/$name.wasm/g" "$out/$name.js" >"$out/$name.js.new"
    mv "$out/$name.js.new" "$out/$name.js"
    if [[ $level != scalar ]]; then shrink_engine "$level" "$out/$name.wasm"; fi # scalar: nobody downloads it
}

# What counts is what travels, so wasm-opt's result is kept where it is smaller after gzip.
shrink_engine() {
    local level=$1 file=$2 before after
    local -a features=(--enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int
        --enable-sign-ext --enable-reference-types --enable-multivalue --enable-simd)
    [[ $level == relaxed ]] && features+=(--enable-relaxed-simd)
    "$WASM_OPT" "${features[@]}" -O3 "$file" -o "$file.opt"
    before=$(gzip_size "$file") after=$(gzip_size "$file.opt")
    if ((after < before)); then mv "$file.opt" "$file"; else rm "$file.opt"; fi
    echo "wasm-opt -O3: $before -> $after bytes gzip"
}

# What decides whether the bundles are current: this text, and no input newer than the stamp that holds it.
wasm_recipe() {
    printf '%s\n' "$ROOT" "$(wasm_rust rustc --version)" "$(locked_version wasm-bindgen)" "$BINARYEN_VERSION"
}

wasm_is_current() {
    local level input inputs=()
    [[ -f $WASM_STAMP && $(<"$WASM_STAMP") == "$(wasm_recipe)" ]] || return 1
    for level in relaxed simd; do
        [[ -s $DIST/engine-$level.wasm && -s $DIST/engine-$level.js ]] || return 1
    done
    [[ -s $WASM_TEST_DIR/engine-scalar.wasm ]] || return 1
    for input in src build.rs Cargo.toml Cargo.lock www/siteseer www/strip.sed scripts/wasm.sh; do
        [[ -e $ROOT/$input ]] && inputs+=("$ROOT/$input")
    done
    [[ -z $(find "${inputs[@]}" -newer "$WASM_STAMP" -print -quit) ]]
}

# mirror FROM TO: TO becomes a copy of FROM; files that are the same stay untouched, so that the binary, which embeds
# them, is not rebuilt for nothing.
mirror() {
    local from=$1 to=$2 file
    mkdir -p "$to"
    (cd "$to" && find . -type f -print0) | while IFS= read -r -d '' file; do
        [[ -f $from/$file ]] || rm "$to/$file"
    done
    (cd "$from" && find . -type f -print0) | while IFS= read -r -d '' file; do
        cmp -s "$from/$file" "$to/$file" && continue
        mkdir -p "$(dirname "$to/$file")"
        cp "$from/$file" "$to/$file"
    done
}

assemble_dist() {
    local fresh=$TARGET/wasm-dist.new level file
    rm -rf "$fresh"
    mkdir -p "$fresh"
    cp -R "$ROOT/www/siteseer/." "$fresh/"
    # Comments are for readers of the source; a visitor need not download them.
    for file in "$ROOT"/www/siteseer/*.js; do
        sed -E -f "$ROOT/www/strip.sed" "$file" >"$fresh/${file##*/}"
    done
    for level in relaxed simd; do bind_engine "$level" "$fresh"; done
    bind_engine scalar "$WASM_TEST_DIR"
    mirror "$fresh" "$DIST"
    rm -rf "$fresh"
}

build_wasm() {
    local level started=$TARGET/wasm-dist.started
    if wasm_is_current; then
        note "www/dist is current"
        return
    fi
    mkdir -p "$TARGET"
    : >"$started" # a file edited while the build runs is newer than this, so it is seen next time
    for level in "${WASM_LEVELS[@]}"; do
        step "engine, $level ($(features_of "$level"))" "wasm-$level" \
            "the compiler's message is above; 'cargo check --target $WASM_TARGET --no-default-features --lib' repeats it" \
            compile_engine "$level"
    done
    step "wasm-bindgen, wasm-opt, www/dist" wasm-dist "read the log; './build.sh clean' and './build.sh wasm' start anew" \
        assemble_dist
    wasm_recipe >"$WASM_STAMP"
    touch -r "$started" "$WASM_STAMP"
    rm "$started"
}
