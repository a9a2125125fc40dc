# shellcheck shell=bash
# The demo: a real documentation site, copied, indexed and served with the search page on top. The Rust documentation that
# rustup installs where it is present; otherwise this project's own docs/.

DEMO=$TARGET/demo/site
DEMO_STAMP=$TARGET/demo/indexed
DEMO_BOOKS=(book cargo reference rustc rustdoc nomicon edition-guide embedded-book)
SITESEER=$TARGET/release/siteseer

# rust_docs: the folder of rustup's offline documentation (or Debian's), or nothing.
rust_docs() {
    local folder
    for folder in "$(cd "$ROOT" && rustc --print sysroot)/share/doc/rust/html" /usr/share/doc/rust-doc/html; do
        if [[ -f $folder/cargo/index.html && -f $folder/book/index.html ]]; then
            printf '%s' "$folder"
            return
        fi
    done
}

# copy_rust_docs FROM TO: the books are complete folders (pages, styles, fonts). Left out: print.html, which repeats its
# whole book on one page, and the first editions of the Book, whose pages only say that they are no longer there.
copy_rust_docs() {
    local from=$1 to=$2 book
    for book in "${DEMO_BOOKS[@]}"; do
        [[ -d $from/$book ]] || continue
        cp -R "$from/$book" "$to/"
        rm -f "$to/$book/print.html"
    done
    rm -rf "$to/book/first-edition" "$to/book/second-edition" "$to/book/2018-edition"
}

# copy_search_page TO: everything beside www/index.html that the page needs; not the client itself, which `siteseer index`
# puts into the index folder, and not the development tools.
copy_search_page() {
    local entry
    for entry in "$ROOT"/www/*; do
        case ${entry##*/} in
        siteseer | dist | tests | node_modules | package*.json | tsconfig.json | bundle.js | list.js | wat.js | panics.js | split.js) ;;
        *) cp -R "$entry" "$1/" ;;
        esac
    done
}

copy_site() {
    local from=$1 fresh=$DEMO.new
    rm -rf "$fresh"
    mkdir -p "$fresh"
    if [[ $from == "$ROOT/docs" ]]; then
        cargo run --release --quiet --example render_docs "$from" "$fresh"
        mv "$fresh/index.html" "$fresh/contents.html" # the search page takes its place
    else
        copy_rust_docs "$from" "$fresh"
    fi
    copy_search_page "$fresh"
    rm -rf "$DEMO"
    mv "$fresh" "$DEMO"
}

build_siteseer() { cargo build --release; }

# Current: nothing that the index is made from is newer than the stamp. The stamp holds where the site came from.
demo_is_current() {
    [[ -f $DEMO_STAMP && -f $DEMO/siteseer/manifest.json && $(<"$DEMO_STAMP") == "$1" ]] || return 1
    [[ -z $(find "$SITESEER" "$DIST" "$ROOT/www" "$ROOT/scripts/demo.sh" "$1" -newer "$DEMO_STAMP" \
        -not -path '*/node_modules*' -print -quit) ]]
}

# engine_kind FILES: bytes of the files in the index folder that match a pattern.
bytes_of() {
    local pattern=$1
    find "$DEMO/siteseer" -type f -name "$pattern" -exec cat {} + | wc -c | tr -d ' '
}

report_demo() {
    local index=$DEMO/siteseer model codes engine encoder all
    all=$(tree_size "$index") model=$(bytes_of 'model-*') codes=$(bytes_of 'codes-*') engine=$(bytes_of 'engine.*') encoder=$(bytes_of 'encoder-*')
    note "site:    $(human $(($(tree_size "$DEMO") - all))), $(find "$DEMO" -name '*.html' | wc -l | tr -d ' ') HTML files"
    note "index:   $(human $((all - model - engine - encoder))) (codes of vectors, loaded once: $(human "$codes"))"
    note "engine:  $(human "$engine")"
    note "encoder: $(human "$encoder") (relaxed SIMD and plain SIMD; a visitor loads one)"
    note "model:   $(human "$model"), loaded once and cached"
}

make_demo() {
    local from
    from=$(rust_docs)
    [[ $from ]] || from=$ROOT/docs
    step "siteseer, release build" native-build \
        "the compiler's message is above; 'cargo build --release' repeats it" build_siteseer
    if demo_is_current "$from"; then
        note "target/demo/site is current"
    else
        mkdir -p "$TARGET/demo"
        step "copy of the site: $from" demo-copy "check that there is room: df -h $TARGET" copy_site "$from"
        heading "siteseer index"
        add_docs_to_demo "$DEMO"
        "$SITESEER" index "$DEMO" --exclude 'docs/**'
        printf '%s' "$from" >"$DEMO_STAMP"
    fi
    report_demo
}

# verb: demo [--no-serve] [--port N]
run_demo() {
    local serve=1 port=8080 start
    start=$(now_ms)
    while (($#)); do
        case $1 in
        --no-serve) serve='' ;;
        --port)
            [[ ${2:-} =~ ^[0-9]+$ ]] || die "--port wants a number." "For example: ./build.sh demo --port 8081"
            port=$2
            shift
            ;;
        *) die "demo does not know '$1'." "./build.sh help lists the options." ;;
        esac
        shift
    done
    set_up_build
    heading "The browser's half"
    build_wasm
    heading "The demo"
    make_demo
    say ''
    say "demo ready in $(seconds_since "$start") s: $DEMO"
    if [[ $serve ]]; then
        exec "$SITESEER" serve "$DEMO" --port "$port"
    fi
    say "to see it: ./build.sh demo   (serves it on http://127.0.0.1:$port/)"
}
