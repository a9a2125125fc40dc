# shellcheck shell=bash
# The browser's half: the engine compiled once per SIMD level, and the folder www/dist/ that `siteseer index` copies into
# a site (the client as www/bundle.js makes it, and engine-{relaxed,simd}.{js,wasm}). The scalar engine is built for
# tests only.
#
# Why three builds: a wasm module with an instruction that the browser does not know fails as a whole, so the client
# loads the best file that the browser can validate. Each build keeps its own target folder; changing RUSTFLAGS in a
# shared one would rebuild every dependency each time.

SHIPPED_LEVELS=(relaxed simd)
WASM_LEVELS=("${SHIPPED_LEVELS[@]}" scalar)
DIST=$ROOT/www/dist
WASM_TEST_DIR=$TARGET/wasm-test

# Budget of one engine (wasm and its JS, gzip), DESIGN §2.
ENGINE_BUDGET=90000
# Budget of everything before the first lexical results, the index included (gzip), DESIGN §2.
LEXICAL_BUDGET=110000

features_of() {
    case $1 in
    relaxed) echo "+simd128,+relaxed-simd" ;;
    simd) echo "+simd128" ;;
    scalar) echo "-simd128" ;;
    *) die "no such SIMD level: $1" ;;
    esac
}

# wasm_level LEVEL COMMAND…: COMMAND with this level's flags and target folder. LLVM inlines what is called once and what
# we mark (all of the kernels' vector operations), and makes no vectors of its own: 6 KB less (gzip), and the kernels run
# as fast. The path remaps keep this machine's folders out of panic messages that every visitor downloads.
wasm_level() {
    local level=$1 flags sep=$'\x1f'
    shift
    flags="-Cllvm-args=-inline-threshold=0${sep}-Cno-vectorize-loops${sep}-Cno-vectorize-slp"
    flags+="${sep}-Ctarget-feature=$(features_of "$level")"
    flags+="${sep}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/=/crates/"
    flags+="${sep}--remap-path-prefix=$ROOT/=/"
    wasm_rust env CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$TARGET/wasm-$level" "$@"
}

compile_engine() {
    wasm_level "$1" cargo build --target "$WASM_TARGET" --profile wasm --no-default-features --lib
}

# bind_engine LEVEL FOLDER [WASM]: FOLDER/engine-LEVEL.{js,wasm} out of the compiled library, or of WASM in its folder.
bind_engine() {
    local level=$1 out=$2 library=${3:-siteseer.wasm} name=engine-$1
    rm -rf "$out/$name".*
    mkdir -p "$out"
    "$BINDGEN_BIN/wasm-bindgen" --target web --no-typescript --remove-name-section --remove-producers-section \
        --out-dir "$out" --out-name "$name" "$TARGET/wasm-$level/$WASM_TARGET/wasm/$library"
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
    "$WASM_OPT" "${features[@]}" -Oz "$file" -o "$file.opt"
    before=$(gzip_size "$file") after=$(gzip_size "$file.opt")
    if ((after < before)); then mv "$file.opt" "$file"; else rm "$file.opt"; fi
    echo "wasm-opt -Oz: $before -> $after bytes gzip"
}

# What decides whether a bundle is current: this text, and no input newer than the stamp that holds it.
wasm_recipe() {
    printf '%s\n' "$ROOT" "$(wasm_rust rustc --version)" "$(locked_version wasm-bindgen)" "$BINARYEN_VERSION"
}

# is_current STAMP OUTPUT…
is_current() {
    local stamp=$1 output input inputs=()
    shift
    [[ -f $stamp && $(<"$stamp") == "$(wasm_recipe)" ]] || return 1
    for output in "$@"; do [[ -s $output ]] || return 1; done
    for input in src build.rs Cargo.toml Cargo.lock www/siteseer www/bundle.js www/list.js www/package-lock.json scripts/wasm.sh; do
        [[ -e $ROOT/$input ]] && inputs+=("$ROOT/$input")
    done
    [[ -z $(find "${inputs[@]}" -newer "$stamp" -print -quit) ]]
}

# begin_stamp STAMP before the work and end_stamp STAMP after it: the stamp carries the time of the beginning, so a file
# that is edited while the work goes on counts as newer.
begin_stamp() {
    mkdir -p "$TARGET"
    : >"$1.started"
}
end_stamp() {
    wasm_recipe >"$1"
    touch -r "$1.started" "$1"
    rm "$1.started"
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
    local fresh=$TARGET/wasm-dist.new level
    rm -rf "$fresh"
    mkdir -p "$fresh"
    node "$ROOT/www/bundle.js" "$fresh"
    for level in "${SHIPPED_LEVELS[@]}"; do bind_engine "$level" "$fresh"; done
    node "$ROOT/www/list.js" "$fresh"
    mirror "$fresh" "$DIST"
    rm -rf "$fresh"
}

compile_step() {
    step "engine, $1 ($(features_of "$1"))" "wasm-$1" \
        "the compiler's message is above; 'cargo check --target $WASM_TARGET --no-default-features --lib' repeats it" \
        compile_engine "$1"
}

# www/dist/, unless it is current.
build_wasm() {
    local level stamp=$TARGET/wasm-dist.stamp
    if is_current "$stamp" "$DIST"/engine-{relaxed,simd}.{js,wasm}; then
        note "www/dist is current"
        return
    fi
    ensure_www_packages
    begin_stamp "$stamp"
    for level in "${SHIPPED_LEVELS[@]}"; do compile_step "$level"; done
    step "wasm-bindgen, wasm-opt, www/dist" wasm-dist "read the log; './build.sh clean' and './build.sh wasm' start anew" \
        assemble_dist
    end_stamp "$stamp"
}

# The engine without SIMD, in a folder that the tests know, unless it is current.
build_scalar_engine() {
    local stamp=$TARGET/wasm-scalar.stamp
    is_current "$stamp" "$WASM_TEST_DIR"/engine-scalar.{js,wasm} && return
    begin_stamp "$stamp"
    compile_step scalar
    step "wasm-bindgen, scalar" wasm-test "read the log" bind_engine scalar "$WASM_TEST_DIR"
    end_stamp "$stamp"
}
