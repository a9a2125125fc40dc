# shellcheck shell=bash
# The browser's half: the folder www/dist/ that `siteseer index` copies into a site. It holds the client as www/bundle.js
# makes it, engine.{js,wasm.gz} (the index and its search, all that the first results need), engine-more.wasm.gz (the rest of the
# engine), tower.{js,wasm.gz} (meaning without a model), sparse.{js,wasm.gz} (the same with postings alone), encoder-LEVEL.{js,wasm} (the models) and encoder-gpu.{js,wasm} (the models
# on a GPU). In stemmers/ are the wasm files of which `siteseer index` gives an index those of its languages. The scalar encoder is built
# for tests only.
#
# Why several encoders: a wasm module with an instruction that the browser does not know fails as a whole, so the client
# loads the best file that the browser can validate. The engine has no kernel that would be quicker at the better level,
# so it is built once, for size. Each build keeps its own target folder; changing RUSTFLAGS in a shared one would rebuild
# every dependency each time.

SHIPPED_LEVELS=(relaxed simd)
WASM_LEVELS=("${SHIPPED_LEVELS[@]}" scalar)
ENGINE_LEVEL=simd
GPU_LEVEL=simd
# The languages of src/text/stem/built_in.rs, each with the first of its names, but English.
STEMMERS=(ar da de el es fi fr hu it nl no pt ro ru sv ta tr)
# What of the engine waits for its second part. `www/siteseer/host.js` loads that before it calls one of these.
ENGINE_LATER=check_encoder,check_reranker,choose_phrases,context,context_reading,facets,load_filters,pair_texts,phrase_reading
ENGINE_LATER+=,rank_compared,rank_impacts,rank_static,parts_by_words,passages_by_words,reading,rerank,rows_needed,selected,set_filter,sort_values,suggest
DIST=$ROOT/www/dist
WASM_TEST_DIR=$TARGET/wasm-test

# Budget of the engine, and of an encoder (wasm and its JS, gzip), DESIGN §2.
ENGINE_BUDGET=90000
# Budget of the encoder on a GPU (wasm and its JS, gzip), DESIGN §2.
GPU_BUDGET=140000
# Budget of a stemmer (wasm, gzip), which is a part of the budget below on sites in its language.
STEMMER_BUDGET=20000
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

# What an encoder's kernels want of LLVM beside that. Left to itself it mixes the loads of a register tile, so that all of them are
# alive at once and the browser has no registers left for six rows: half as fast.
KERNEL_ARGS="-pre-RA-sched=source"

# wasm_level LEVEL COMMAND…: COMMAND with this level's flags and target folder (WASM_FOLDER: another one; LLVM_ARGS: further
# ones). LLVM inlines what is called once and what we mark (all of the kernels' vector operations), and makes no vectors of its own:
# 6 KB less (gzip), and the kernels run as fast. The path remaps keep this machine's folders out of panic messages that every
# visitor downloads.
wasm_level() {
    local level=$1 flags arg sep=$'\x1f'
    shift
    flags="-Cllvm-args=-inline-threshold=0${sep}-Cno-vectorize-loops${sep}-Cno-vectorize-slp"
    for arg in ${LLVM_ARGS:-}; do flags+="${sep}-Cllvm-args=$arg"; done
    flags+="${sep}-Ctarget-feature=$(features_of "$level")"
    flags+="${sep}--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/=/crates/"
    flags+="${sep}--remap-path-prefix=$ROOT/=/"
    wasm_rust env CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$TARGET/${WASM_FOLDER:-wasm-$level}" "$@"
}

# compile_small NAME: the engine, the tower or sparse.
compile_small() {
    WASM_FOLDER=wasm-$1 wasm_level "$ENGINE_LEVEL" cargo build --target "$WASM_TARGET" --profile wasm-small \
        --no-default-features --features "wasm-$1" --lib
}

# bind_stemmers FOLDER: one wasm file for each language, packed. It exports numbers, so it has no glue. It is linked anew for each, since
# what a linker has put into a file of data no tool takes out again.
bind_stemmers() {
    local language folder=$TARGET/wasm-stemmer
    mkdir -p "$1"
    for language in "${STEMMERS[@]}"; do
        STEMMER_LANGUAGE=$language WASM_FOLDER=wasm-stemmer wasm_level "$ENGINE_LEVEL" cargo build --target "$WASM_TARGET" \
            --profile wasm-small --package siteseer-stemmer
        cp "$folder/$WASM_TARGET/wasm-small/siteseer_stemmer.wasm" "$1/$language.wasm"
        shrink "$ENGINE_LEVEL" "$1/$language" ''
        node "$ROOT/www/bundle.js" --pack "$1/$language.wasm"
    done
}

# compile_encoder LEVEL
compile_encoder() {
    LLVM_ARGS=$KERNEL_ARGS wasm_level "$1" cargo build --target "$WASM_TARGET" --profile wasm --no-default-features \
        --features wasm-encoder --lib
}

# bind_small FOLDER NAME: one of them, right after it was compiled. What every visitor loads is packed.
bind_small() {
    local later='' file
    [[ $2 != engine ]] || later=engine_${ENGINE_LATER//,/,engine_}
    bind "$1" "$2" "$ENGINE_LEVEL" "$TARGET/wasm-$2/$WASM_TARGET/wasm-small/siteseer.wasm" "$later"
    for file in "$1/$2.wasm" "$1/$2-more.wasm"; do
        [[ ! -f $file ]] || node "$ROOT/www/bundle.js" --pack "$file"
    done
}

# Where it counts it runs on the GPU, so what is left here is built for size.
compile_gpu_encoder() {
    WASM_FOLDER=wasm-gpu wasm_level "$GPU_LEVEL" cargo build --target "$WASM_TARGET" --profile wasm-small \
        --no-default-features --features wasm-gpu --lib
}

bind_gpu_encoder() { bind "$1" encoder-gpu "$GPU_LEVEL" "$TARGET/wasm-gpu/$WASM_TARGET/wasm-small/siteseer.wasm"; }

# bind_encoder FOLDER LEVEL
bind_encoder() { bind "$1" "encoder-$2" "$2" "$TARGET/wasm-$2/$WASM_TARGET/wasm/siteseer.wasm"; }

# bind FOLDER NAME LEVEL WASM [EXPORTS]: FOLDER/NAME.{js,wasm} out of a compiled library, and NAME-more.wasm if exports wait for it.
bind() {
    local out=$1 name=$2 level=$3 library=$4 later=${5:-}
    rm -rf "$out/$name".* "$out/$name-more".*
    mkdir -p "$out"
    "$BINDGEN_BIN/wasm-bindgen" --target web --no-typescript --remove-producers-section \
        --out-dir "$out" --out-name "$name" "$library"
    # The short name: engine.wasm, not engine_bg.wasm, also in the JS that loads it by default.
    mv "$out/${name}_bg.wasm" "$out/$name.wasm"
    sed "s/${name}_bg\.wasm/$name.wasm/g" "$out/$name.js" >"$out/$name.js.new"
    mv "$out/$name.js.new" "$out/$name.js"
    [[ $level != scalar ]] || return 0 # nobody downloads it
    node "$ROOT/www/bundle.js" --minify "$out/$name.js"
    shrink "$level" "$out/$name" "$later"
}

# shrink LEVEL PATH [EXPORTS]: PATH.wasm with functions' names, made small for download. Binaryen's text of a module has the names,
# by which www/panics.js and www/split.js know the functions. Two passes of -Oz are left out that make code shorter and less alike
# (3 KB more after gzip).
shrink() {
    local level=$1 path=$2 later=$3 before part
    local -a features=(--enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int
        --enable-sign-ext --enable-reference-types --enable-multivalue --enable-simd)
    [[ $level == relaxed ]] && features+=(--enable-relaxed-simd)
    local -a opt=("$WASM_OPT" "${features[@]}" -Oz --skip-pass=inlining-optimizing --skip-pass=local-cse)
    "$WASM_OPT" -q "${features[@]}" "$path.wasm" -o "$path.plain.wasm" # without names, to compare
    before=$(gzip_size "$path.plain.wasm")
    "$WASM_OPT" -q "${features[@]}" -g "$path.wasm" -S -o "$path.wat"
    node "$ROOT/www/panics.js" "$path.wat" "$path.quiet.wat"
    if [[ $later ]]; then
        # a function that serves under two names is one part's; the parts merge their own below
        "${opt[@]}" --skip-pass=duplicate-function-elimination -g "$path.quiet.wat" -S -o "$path.wat"
        node "$ROOT/www/split.js" "$path.wat" "$later" "$path.quiet.wat" "$path-more.wat"
        "${opt[@]}" "$path-more.wat" -o "$path-more.wasm"
    fi
    "${opt[@]}" "$path.quiet.wat" -o "$path.wasm"
    rm -f "$path".{plain.wasm,wat,quiet.wat} "$path-more.wat"
    for part in "$path.wasm" "$path-more.wasm"; do
        [[ ! -f $part ]] || echo "wasm-opt: $before -> ${part##*/} $(gzip_size "$part") bytes gzip"
    done
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
    for input in src stemmer build.rs Cargo.toml Cargo.lock www/siteseer www/{bundle,list,wat,panics,split}.js www/package-lock.json scripts/wasm.sh; do
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
    bind_small "$fresh" engine
    bind_small "$fresh" tower
    bind_small "$fresh" sparse
    for level in "${SHIPPED_LEVELS[@]}"; do bind_encoder "$fresh" "$level"; done
    bind_gpu_encoder "$fresh"
    bind_stemmers "$fresh/stemmers"
    node "$ROOT/www/list.js" "$fresh"
    mirror "$fresh" "$DIST"
    rm -rf "$fresh"
}

CHECK_WASM="the compiler's message is above; 'cargo check --target $WASM_TARGET --no-default-features --features"
CHECK_WASM+=" wasm-engine,wasm-tower,wasm-sparse,wasm-encoder,wasm-gpu --lib' repeats it"

compile_encoder_step() {
    step "encoder, $1 ($(features_of "$1"))" "wasm-$1" "$CHECK_WASM" compile_encoder "$1"
}

# www/dist/, unless it is current.
build_wasm() {
    local level stamp=$TARGET/wasm-dist.stamp stemmers=("${STEMMERS[@]/#/$DIST/stemmers/}")
    if is_current "$stamp" "$DIST"/{engine,tower,sparse,encoder-relaxed,encoder-simd,encoder-gpu}.js "$DIST"/{engine,engine-more,tower,sparse}.wasm.gz \
        "$DIST"/encoder-{relaxed,simd,gpu}.wasm "${stemmers[@]/%/.wasm.gz}"; then
        note "www/dist is current"
        return
    fi
    ensure_www_packages
    begin_stamp "$stamp"
    step "engine ($(features_of "$ENGINE_LEVEL"))" wasm-engine "$CHECK_WASM" compile_small engine
    step "tower ($(features_of "$ENGINE_LEVEL"))" wasm-tower "$CHECK_WASM" compile_small tower
    step "sparse ($(features_of "$ENGINE_LEVEL"))" wasm-sparse "$CHECK_WASM" compile_small sparse
    for level in "${SHIPPED_LEVELS[@]}"; do compile_encoder_step "$level"; done
    step "encoder, GPU" wasm-gpu "$CHECK_WASM" compile_gpu_encoder
    step "wasm-bindgen, wasm-opt, www/dist" wasm-dist "read the log; './build.sh clean' and './build.sh wasm' start anew" \
        assemble_dist
    end_stamp "$stamp"
}

# The encoder without SIMD, in a folder that the tests know, unless it is current.
build_scalar_encoder() {
    local stamp=$TARGET/wasm-scalar.stamp
    is_current "$stamp" "$WASM_TEST_DIR"/encoder-scalar.{js,wasm} && return
    begin_stamp "$stamp"
    compile_encoder_step scalar
    step "wasm-bindgen, scalar" wasm-test "read the log" bind_encoder "$WASM_TEST_DIR" scalar
    end_stamp "$stamp"
}
