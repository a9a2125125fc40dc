// scores[p] = Σ_t weights[t] · best[p, t] / (32767 · 127)                                                       [passages]
//
// best are products of max_sim.wgsl, where 32767 is 1 in the query and 127 is 1 in a row.

struct Shape {
    /// passages
    rows: u32,
    /// of the query
    tokens: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> best: array<i32>; // [passages, tokens]
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [tokens]
@group(0) @binding(3) var<storage, read_write> scores: array<f32>; // [passages]

override LANES: u32 = 32;

const ONE: f32 = 32767 * 127;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let passage = id.x;
    if passage >= shape.rows {
        return;
    }
    var sum = 0.0;
    for (var t = 0u; t < shape.tokens; t++) {
        sum += f32(best[passage * shape.tokens + t]) * weights[t];
    }
    scores[passage] = sum / ONE;
}
