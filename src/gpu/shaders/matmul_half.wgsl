// y = x · Wᵀ * scale + bias, then GELU if asked for                  x [rows, k], W [n, k], y [rows, n]
//
// As matmul.wgsl, but four products at a time are made and added in f16: activations are rounded to its 11 bits, weights are
// exact. The sums of fours are added up in f32. Weights are divided by 128, so that four products stay below 4 · |x|; activations
// must be below 65,504 / 4.

enable f16;

struct Shape {
    rows: u32,
    n: u32,
    /// k / 4
    words: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [rows, k / 4]
@group(0) @binding(2) var<storage, read> weights: array<u32>; // [k / 4, n]: W[c, 4i ..] at [i, c], lowest byte first
@group(0) @binding(3) var<storage, read> channels: array<vec2f>; // [n]: scale, bias
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [rows, n]

override GELU: bool = false;
/// Lanes along n.
override LANES: u32 = 32;
/// Row tiles of a workgroup.
override TILES: u32 = 1;

const ROWS: u32 = 8;

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
    let r0 = row * words;
    let r1 = min(row + 1, last) * words;
    let r2 = min(row + 2, last) * words;
    let r3 = min(row + 3, last) * words;
    let r4 = min(row + 4, last) * words;
    let r5 = min(row + 5, last) * words;
    let r6 = min(row + 6, last) * words;
    let r7 = min(row + 7, last) * words;
    var a0 = vec4f(0);
    var a1 = vec4f(0);
    var a2 = vec4f(0);
    var a3 = vec4f(0);
    var a4 = vec4f(0);
    var a5 = vec4f(0);
    var a6 = vec4f(0);
    var a7 = vec4f(0);
    for (var i = 0u; i < words; i++) {
        let at = c + vec4u(i * n);
        let four = vec4i(vec4u(weights[at.x], weights[at.y], weights[at.z], weights[at.w]));
        // column by k
        let w = mat4x4h(
            vec4h((four << vec4u(24)) >> vec4u(24)),
            vec4h((four << vec4u(16)) >> vec4u(24)),
            vec4h((four << vec4u(8)) >> vec4u(24)),
            vec4h(four >> vec4u(24)),
        ) * (1h / 128h);
        a0 += vec4f(w * vec4h(x[r0 + i]));
        a1 += vec4f(w * vec4h(x[r1 + i]));
        a2 += vec4f(w * vec4h(x[r2 + i]));
        a3 += vec4f(w * vec4h(x[r3 + i]));
        a4 += vec4f(w * vec4h(x[r4 + i]));
        a5 += vec4f(w * vec4h(x[r5 + i]));
        a6 += vec4f(w * vec4h(x[r6 + i]));
        a7 += vec4f(w * vec4h(x[r7 + i]));
    }
    store(row, column, a0, 128);
    store(row + 1, column, a1, 128);
    store(row + 2, column, a2, 128);
    store(row + 3, column, a3, 128);
    store(row + 4, column, a4, 128);
    store(row + 5, column, a5, 128);
    store(row + 6, column, a6, 128);
    store(row + 7, column, a7, 128);
}
