// y[r] = (v - mean(v)) / sqrt(variance(v) + eps) * gamma + beta,  v = x[r] (+ residual[row of r])    [rows, hidden]
//
// As layer_norm.wgsl, but a workgroup shares a row and adds up by subgroups, of whatever size they are: each leaves its sum in
// workgroup memory where its first invocation stands, and after one barrier all add up what is there. Natively only: a browser
// would want `enable subgroups;` here, which naga 30 refuses, and wgpu 30 does not ask browsers for the feature.

struct Shape {
    rows: u32,
    /// hidden / 4
    width: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [rows, hidden / 4]
@group(0) @binding(2) var<storage, read> residual: array<vec4f>; // [rows or more, hidden / 4]
@group(0) @binding(3) var<storage, read> first: array<u32>; // [sequences + 1]: the first token of each sequence
@group(0) @binding(4) var<storage, read> affine: array<vec4f>; // [2, hidden / 4]: gamma, beta
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>; // [rows, hidden / 4]

/// Whether a residual is added.
override RESIDUAL: bool = true;
/// Whether row r goes with the residual of the first token of sequence r.
override FIRST: bool = false;
/// Invocations of a workgroup.
override SIZE: u32 = 32;

var<workgroup> parts: array<vec2f, SIZE>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
    let row = group.x;
    let residual_row = residual_row_of(row);

    // Shifted by the row's first value, so that the variance, a difference of two sums, does not cancel.
    let shift = value(row, 0, residual_row).x;
    var sums = vec2f(0);
    for (var column = local; column < shape.width; column += SIZE) {
        let v = value(row, column, residual_row) - shift;
        sums += vec2f(dot(v, vec4f(1)), dot(v, v));
    }
    // memory begins as zeros, so all but the first of a subgroup add nothing
    let together = vec2f(subgroupAdd(sums.x), subgroupAdd(sums.y));
    if subgroupBroadcastFirst(local) == local {
        parts[local] = together;
    }
    workgroupBarrier();
    sums = vec2f(0);
    for (var part = 0u; part < SIZE; part++) {
        sums += parts[part];
    }
    let means = sums / f32(shape.width * 4);
    let scale = inverseSqrt(max(means.y - means.x * means.x, 0) + shape.eps);
    for (var column = local; column < shape.width; column += SIZE) {
        let v = value(row, column, residual_row) - shift - means.x;
        y[row * shape.width + column] = v * scale * affine[column] + affine[shape.width + column];
    }
}
