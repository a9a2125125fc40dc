// The end of every matmul: y = sums * part * scale + bias, then GELU if asked for
//
// Not a kernel: it is appended to those of matmul.wgsl and its variants, with gelu.wgsl, and uses their bindings and constants.

/// Four columns of a row, LANES apart, unless they lie outside of the matrix. `part` is what the sums are to be multiplied with
/// beside the scales of their columns.
fn store(row: u32, column: u32, sums: vec4f, part: f32) {
    if row >= shape.rows {
        return;
    }
    var scale: vec4f;
    var bias: vec4f;
    for (var i = 0u; i < 4; i++) {
        let channel = channels[min(column + i * LANES, shape.n - 1)];
        scale[i] = channel.x;
        bias[i] = channel.y;
    }
    var v = sums * (scale * part) + bias;
    if GELU {
        v = gelu(v);
    }
    for (var i = 0u; i < 4; i++) {
        let c = column + i * LANES;
        if c < shape.n {
            y[row * shape.n + c] = v[i];
        }
    }
}
