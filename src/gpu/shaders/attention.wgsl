// context[r, head] = softmax(q · kᵀ / sqrt(head_dim)) · v over the tokens of r's sequence               [rows, hidden]
//
// An invocation computes one head of one row with an online softmax (Milakov & Gimelshein 2018): the largest score so
// far, the sum of exp(score - largest) and the weighted sum of the values, all scaled down when a larger score comes. It
// takes keys four at a time, so that they are scaled once for four. Neighbouring lanes are neighbouring tokens: mostly of
// one sequence, so that they read the same keys.

struct Shape {
    rows: u32,
    /// hidden / 4
    width: u32,
    /// 1 / sqrt(head_dim)
    scale: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> tokens: array<vec4u>; // [tokens]: id, token type, start and end of its sequence
@group(0) @binding(2) var<storage, read> first: array<u32>; // [sequences + 1]: the first token of each sequence
@group(0) @binding(3) var<storage, read> qkv: array<vec4f>; // [tokens, 3 * hidden / 4]
@group(0) @binding(4) var<storage, read_write> context: array<vec4f>; // [rows, hidden / 4]

/// Whether row r is the first token of sequence r, instead of token r.
override FIRST: bool = false;
/// head_dim / 4
override HEAD: u32 = 8;
override LANES: u32 = 32;

/// The largest HEAD.
const MOST: u32 = 16;
const LEAST: f32 = -3.0e38;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x;
    if row >= shape.rows {
        return;
    }
    var token = row;
    if FIRST {
        token = first[row];
    }
    let start = tokens[token].z;
    let end = tokens[token].w;
    let width = shape.width;
    let head = id.y * HEAD;

    var q: array<vec4f, MOST>;
    var sum: array<vec4f, MOST>;
    for (var i = 0u; i < HEAD; i++) {
        q[i] = qkv[token * 3 * width + head + i] * shape.scale;
        sum[i] = vec4f(0);
    }
    var largest = LEAST;
    var total = 0.0;
    for (var j = start; j < end; j += 4) {
        // behind the end: the last key again, with a weight of nothing
        let at = min(vec4u(j, j + 1, j + 2, j + 3), vec4u(end - 1)) * (3 * width) + vec4u(width + head);
        var s = vec4f(0);
        for (var i = 0u; i < HEAD; i++) {
            let k = at + vec4u(i);
            s += q[i] * mat4x4f(qkv[k.x], qkv[k.y], qkv[k.z], qkv[k.w]);
        }
        s = select(vec4f(LEAST), s, vec4u(j, j + 1, j + 2, j + 3) < vec4u(end));
        let larger = max(largest, max(max(s.x, s.y), max(s.z, s.w)));
        let shrink = exp(largest - larger);
        let p = exp(s - larger);
        largest = larger;
        total = total * shrink + dot(p, vec4f(1));
        for (var i = 0u; i < HEAD; i++) {
            let v = at + vec4u(width + i);
            sum[i] = sum[i] * shrink + mat4x4f(qkv[v.x], qkv[v.y], qkv[v.z], qkv[v.w]) * p;
        }
    }
    for (var i = 0u; i < HEAD; i++) {
        context[row * width + head + i] = sum[i] / total;
    }
}
