# shellcheck shell=bash
# The documentation as a site: docs/ by mdBook, with Siteseer's own search in it; and the recipes of docs/recipes.md, tried
# with the generators that they are for.

MDBOOK_VERSION=0.5.4
VITEPRESS_VERSION=1.6.4
DOCS_SITE=$TARGET/docs-site

MDBOOK=    # set by ensure_mdbook
VITEPRESS= # set by ensure_vitepress

# Without mdBook's own server, watcher and search, which are most of what would be compiled.
ensure_mdbook() {
    MDBOOK=$CACHE/mdbook-$MDBOOK_VERSION/bin/mdbook
    ensure_cargo_tool mdbook "$MDBOOK_VERSION" mdbook --no-default-features
}

ensure_vitepress() {
    local folder=$CACHE/vitepress-$VITEPRESS_VERSION
    ensure_node
    VITEPRESS=$folder/node_modules/.bin/vitepress
    [[ -x $VITEPRESS ]] && return
    step "VitePress $VITEPRESS_VERSION by npm" vitepress "check that 'npm install vitepress@$VITEPRESS_VERSION' works by hand" \
        npm_tool "$folder" "vitepress@$VITEPRESS_VERSION"
}

# write_docs TO: the pages alone. mdBook copies its own settings along.
write_docs() {
    "$MDBOOK" build "$ROOT/docs" --dest-dir "$1"
    rm -rf "$1/theme" "$1/book.toml"
}

# index_docs FOLDER: nothing of the reranker, which would add 8 MB to a site of 20 pages.
index_docs() { "$SITESEER" index "$1" --reranker none; }

# add_docs_to_demo SITE: the documentation as a folder of the demo with an index of its own, and a link to it. Only where
# mdBook is installed already: the demo does not wait for it to be compiled.
add_docs_to_demo() {
    local site=$1 page
    MDBOOK=$CACHE/mdbook-$MDBOOK_VERSION/bin/mdbook
    [[ -x $MDBOOK ]] || return 0
    write_docs "$site/docs" && index_docs "$site/docs"
    page=$(<"$site/index.html")
    printf '%s\n' "${page/<!-- documentation -->/<a href=\"docs/\">Documentation</a>}" >"$site/index.html"
}

# verb: docs
run_docs() {
    local start
    start=$(now_ms)
    set_up_build
    ensure_mdbook
    heading "The browser's half"
    build_wasm
    heading "The documentation"
    step "siteseer, release build" native-build "the compiler's message is above; 'cargo build --release' repeats it" build_siteseer
    rm -rf "$DOCS_SITE"
    step "docs/ by mdBook $MDBOOK_VERSION" docs "correct what mdBook says" write_docs "$DOCS_SITE"
    index_docs "$DOCS_SITE"
    say ''
    say "docs: $(seconds_since "$start") s: $DOCS_SITE"
    say "to read it: $SITESEER serve $DOCS_SITE"
}

# verb: recipes
run_recipes() {
    local start
    start=$(now_ms)
    set_up_build
    ensure_mdbook
    ensure_vitepress
    ensure_browser
    heading "The browser's half"
    build_wasm
    ensure_www_packages
    step "siteseer, release build" native-build "the compiler's message is above; 'cargo build --release' repeats it" build_siteseer
    heading "The recipes"
    SITESEER=$SITESEER MDBOOK=$MDBOOK VITEPRESS=$VITEPRESS CHROMIUM=$CHROME npm --prefix "$ROOT/www" run test:recipes
    say "recipes: $(seconds_since "$start") s"
}
