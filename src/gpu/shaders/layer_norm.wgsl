// y[r] = (v - mean(v)) / sqrt(variance(v) + eps) * gamma + beta,  v = x[r] (+ residual[row of r])    [rows, hidden]
//
// LANES invocations share a row and add up through workgroup memory. A processor that plays a GPU is quickest with one:
// no barrier. y may not be x: a binding is read or written.

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
/// Invocations that share a row: 1, or the workgroup's size.
override LANES: u32 = 1;
/// Invocations of a workgroup.
override SIZE: u32 = 32;

var<workgroup> parts: array<vec2f, SIZE>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
    let lane = local % LANES;
    let row = group.x * (SIZE / LANES) + local / LANES;
    let last = shape.rows - 1;
    let held = min(row, last); // rows behind the last are computed like it and not written: barriers need everyone
    let residual_row = residual_row_of(held);

    // Shifted by the row's first value, so that the variance, a difference of two sums, does not cancel.
    let shift = value(held, 0, residual_row).x;
    var sums = vec2f(0);
    for (var column = lane; column < shape.width; column += LANES) {
        let v = value(held, column, residual_row) - shift;
        sums += vec2f(dot(v, vec4f(1)), dot(v, v));
    }
    if LANES > 1 {
        parts[local] = sums;
        workgroupBarrier();
        for (var half = LANES / 2; half > 0; half /= 2) {
            if lane < half {
                parts[local] += parts[local + half];
            }
            workgroupBarrier();
        }
        sums = parts[local - lane];
    }
    if row > last {
        return;
    }
    let means = sums / f32(shape.width * 4);
    let scale = inverseSqrt(max(means.y - means.x * means.x, 0) + shape.eps);
    for (var column = lane; column < shape.width; column += LANES) {
        let v = value(row, column, residual_row) - shift - means.x;
        y[row * shape.width + column] = v * scale * affine[column] + affine[shape.width + column];
    }
}
