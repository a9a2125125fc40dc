// How a layer norm reads a row: v = x[r] (+ residual[row of r])
//
// Not a kernel: it is appended to those of layer_norm.wgsl and its variant, and uses their bindings and constants.

/// The row of the residual that goes with a row.
fn residual_row_of(row: u32) -> u32 {
    if FIRST {
        return first[row];
    }
    return row;
}

/// Four values of a row.
fn value(row: u32, column: u32, residual_row: u32) -> vec4f {
    let v = x[row * shape.width + column];
    if RESIDUAL {
        return v + residual[residual_row * shape.width + column];
    }
    return v;
}
