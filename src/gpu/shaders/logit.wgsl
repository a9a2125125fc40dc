// logit[s] = tanh(h[s]) · weight + bias                                                                     [sequences]

struct Shape {
    /// sequences
    rows: u32,
    /// hidden / 4
    width: u32,
    bias: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> h: array<vec4f>; // [sequences, hidden / 4]
@group(0) @binding(2) var<storage, read> weight: array<vec4f>; // [hidden / 4]
@group(0) @binding(3) var<storage, read_write> logits: array<f32>; // [sequences]

override LANES: u32 = 32;

/// From 10 on tanh is 1 in f32; the built-in one may overflow there.
const FLAT: f32 = 10;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let row = id.x;
    if row >= shape.rows {
        return;
    }
    var sum = shape.bias;
    for (var i = 0u; i < shape.width; i++) {
        sum += dot(tanh(clamp(h[row * shape.width + i], vec4f(-FLAT), vec4f(FLAT))), weight[i]);
    }
    logits[row] = sum;
}
