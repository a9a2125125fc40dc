// best[p, t] = max_r query[t] · rows[r],  r of passage p; 0 where it has no rows                       [passages, tokens]
//
// The products of late interaction: those of src/kernels/max_sim.rs, exact in 32 bits. An invocation has one token of the query
// and one passage, and takes four of its rows at a time, so that they share the loads of the query. Neighbours have the same
// passage, so they read the same rows. max_sim_sums.wgsl goes on from here.

struct Shape {
    /// passages
    rows: u32,
    /// of the query
    tokens: u32,
    /// dim / 4
    words: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> query: array<vec4i>; // [tokens, dim / 4]: values of 16 bits
@group(0) @binding(2) var<storage, read> rows: array<u32>; // [rows of all passages, dim / 4]: four int8 a word, lowest byte first
@group(0) @binding(3) var<storage, read> first: array<u32>; // [passages + 1]: the first row of each passage
@group(0) @binding(4) var<storage, read_write> best: array<i32>; // [passages, tokens]

override LANES: u32 = 32;

/// The product of four values of the query with a word of a row.
fn product(q: vec4i, word: u32) -> i32 {
    return dot(q, vec4i(vec4u(word) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let tokens = shape.tokens;
    let passage = id.x / tokens;
    if passage >= shape.rows {
        return;
    }
    let words = shape.words;
    let start = id.x % tokens * words;
    let end = first[passage + 1];
    var greatest = vec4i(-0x80000000);
    for (var row = first[passage]; row < end; row += 4) {
        // rows behind the last are computed like it, which changes no maximum
        let at = min(vec4u(row) + vec4u(0, 1, 2, 3), vec4u(end - 1)) * words;
        var sums = vec4i(0);
        for (var i = 0u; i < words; i++) {
            let q = query[start + i];
            sums += vec4i(
                product(q, rows[at.x + i]),
                product(q, rows[at.y + i]),
                product(q, rows[at.z + i]),
                product(q, rows[at.w + i]),
            );
        }
        greatest = max(greatest, sums);
    }
    let most = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
    best[id.x] = select(most, 0, first[passage] == end);
}
