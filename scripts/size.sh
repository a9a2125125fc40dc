# shellcheck shell=bash
# What a visitor downloads: raw, gzip and brotli bytes of every file in www/dist/, against the budgets of DESIGN §2.

# What is packed already travels as it is.
gzip_size() { if [[ $1 == *.gz ]]; then size_of "$1"; else gzip -9 -n -c "$1" | wc -c | tr -d ' '; fi; }
brotli_size() {
    [[ $1 != *.gz ]] || { size_of "$1"; return; }
    node -e 'const z = require("zlib"), d = require("fs").readFileSync(process.argv[1]);
        console.log(z.brotliCompressSync(d, { params: { [z.constants.BROTLI_PARAM_QUALITY]: 11 } }).length)' "$1"
}

# The files of the client, and the stemmers.
dist_files() { (cd "$DIST" && find . -type f | sed 's|^\./||' | sort); }

# A short table for the end of `wasm`.
print_dist_sizes() {
    local file
    printf '  %-28s %10s %10s\n' file raw gzip
    for file in $(dist_files); do
        printf '  %-28s %10d %10d\n' "$file" "$(size_of "$DIST/$file")" "$(gzip_size "$DIST/$file")"
    done
}

# The client's files that every visitor of a page with a search box loads; the others belong to offline use.
CLIENT_FILES=(siteseer.js worker.js)

# with_glue NAME: NAME.wasm (or NAME.wasm.gz) and NAME.js, gzip.
with_glue() {
    local wasm=$DIST/$1.wasm
    [[ -f $wasm ]] || wasm+=.gz
    echo $(($(gzip_size "$wasm") + $(gzip_size "$DIST/$1.js")))
}

# Prints the table and returns 1 when the engine or an encoder is over its budget.
check_sizes() {
    local file raw gz br name budget client_gz=0 over=0
    printf '  %-28s %10s %10s %10s\n' file raw gzip brotli
    for file in $(dist_files); do
        raw=$(size_of "$DIST/$file") gz=$(gzip_size "$DIST/$file") br=$(brotli_size "$DIST/$file")
        printf '  %-28s %10d %10d %10d\n' "$file" "$raw" "$gz" "$br"
    done
    say ''
    printf '  %-36s %10s %10s\n' 'budget (gzip)' have allowed
    for name in engine tower sparse "${SHIPPED_LEVELS[@]/#/encoder-}" encoder-gpu; do
        gz=$(with_glue "$name") budget=$ENGINE_BUDGET
        [[ $name == encoder-gpu ]] && budget=$GPU_BUDGET
        printf '  %-36s %10d %10d  %s\n' "$name (wasm + js)" "$gz" "$budget" \
            "$( ((gz <= budget)) && echo within || echo OVER)"
        ((gz <= budget)) || over=1
    done
    gz=0
    for file in "${STEMMERS[@]}"; do
        raw=$(size_of "$DIST/stemmers/$file.wasm.gz")
        ((raw <= gz)) || gz=$raw name=$file
    done
    printf '  %-36s %10d %10d  %s\n' "largest stemmer ($name)" "$gz" "$STEMMER_BUDGET" \
        "$( ((gz <= STEMMER_BUDGET)) && echo within || echo OVER)"
    ((gz <= STEMMER_BUDGET)) || over=1
    for file in "${CLIENT_FILES[@]}"; do client_gz=$((client_gz + $(gzip_size "$DIST/$file"))); done
    printf '  %-36s %10d %10s\n' 'client (page and worker)' "$client_gz" -
    gz=$(($(gzip_size "$DIST/engine-more.wasm.gz") + $(gzip_size "$DIST/upper.js")))
    printf '  %-36s %10d %10s\n' 'after the first results, worker' "$gz" -
    # what comes before the first lexical results, but for the index (manifest, postings, a chunk of passages)
    gz=$((client_gz + $(with_glue engine)))
    printf '  %-36s %10d %10d\n' 'first lexical results, without index' "$gz" "$LEXICAL_BUDGET"
    # the stemmer is a file of the index, but no site has it that needs none
    gz=$((gz + $(gzip_size "$DIST/stemmers.js") + $(size_of "$DIST/stemmers/de.wasm.gz")))
    printf '  %-36s %10d %10d\n' 'the same for a site in German' "$gz" "$LEXICAL_BUDGET"
    return "$over"
}
