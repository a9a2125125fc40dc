// y = q · Wᵀ * q's scale * scale + bias, then GELU if asked for      q [rows, k], W [n, k], y [rows, n]
//
// As matmul.wgsl, but with activations in int8, as quantize.wgsl makes them: a step reads one word of each row and of each column,
// and sums are whole numbers, exact.

requires packed_4x8_integer_dot_product;

struct Shape {
    rows: u32,
    n: u32,
    /// k / 4
    words: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> q: array<u32>; // [rows, k / 4 + 1]: four int8 a word, then the bits of the row's scale
@group(0) @binding(2) var<storage, read> weights: array<u32>; // [k / 4, n]: W[c, 4i ..] at [i, c], lowest byte first
@group(0) @binding(3) var<storage, read> channels: array<vec2f>; // [n]: scale, bias
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, n]

override GELU: bool = false;
/// Lanes along n.
override LANES: u32 = 32;
/// Row tiles of a workgroup.
override TILES: u32 = 1;

const ROWS: u32 = 8;

/// A row's word with those of four columns.
fn dots(four: u32, w: vec4u) -> vec4i {
    return vec4i(dot4I8Packed(four, w.x), dot4I8Packed(four, w.y), dot4I8Packed(four, w.z), dot4I8Packed(four, w.w));
}

@compute @workgroup_size(LANES, TILES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
    let column = group.x * LANES * 4 + local.x;
    let row = (group.y * TILES + local.y) * ROWS;
    if row >= shape.rows {
        return;
    }
    // What lies outside of the matrix is computed like its last row or column, and not stored.
    let n = shape.n;
    let c = min(vec4u(column) + vec4u(0, 1, 2, 3) * LANES, vec4u(n - 1));
    let words = shape.words;
    let last = shape.rows - 1;
    let r0 = row * (words + 1);
    let r1 = min(row + 1, last) * (words + 1);
    let r2 = min(row + 2, last) * (words + 1);
    let r3 = min(row + 3, last) * (words + 1);
    let r4 = min(row + 4, last) * (words + 1);
    let r5 = min(row + 5, last) * (words + 1);
    let r6 = min(row + 6, last) * (words + 1);
    let r7 = min(row + 7, last) * (words + 1);
    var a0 = vec4i(0);
    var a1 = vec4i(0);
    var a2 = vec4i(0);
    var a3 = vec4i(0);
    var a4 = vec4i(0);
    var a5 = vec4i(0);
    var a6 = vec4i(0);
    var a7 = vec4i(0);
    for (var i = 0u; i < words; i++) {
        let at = c + vec4u(i * n);
        let w = vec4u(weights[at.x], weights[at.y], weights[at.z], weights[at.w]);
        a0 += dots(q[r0 + i], w);
        a1 += dots(q[r1 + i], w);
        a2 += dots(q[r2 + i], w);
        a3 += dots(q[r3 + i], w);
        a4 += dots(q[r4 + i], w);
        a5 += dots(q[r5 + i], w);
        a6 += dots(q[r6 + i], w);
        a7 += dots(q[r7 + i], w);
    }
    store(row, column, vec4f(a0), bitcast<f32>(q[r0 + words]));
    store(row + 1, column, vec4f(a1), bitcast<f32>(q[r1 + words]));
    store(row + 2, column, vec4f(a2), bitcast<f32>(q[r2 + words]));
    store(row + 3, column, vec4f(a3), bitcast<f32>(q[r3 + words]));
    store(row + 4, column, vec4f(a4), bitcast<f32>(q[r4 + words]));
    store(row + 5, column, vec4f(a5), bitcast<f32>(q[r5 + words]));
    store(row + 6, column, vec4f(a6), bitcast<f32>(q[r6 + words]));
    store(row + 7, column, vec4f(a7), bitcast<f32>(q[r7 + words]));
}
