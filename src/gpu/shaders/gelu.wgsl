// GELU(v) = v / 2 · (1 + erf(v / √2)), of four values at a time
//
// Not a kernel: shaders that need it have it appended.

/// Abramowitz and Stegun 7.1.26: within 1.5e-7 of erf.
fn erf(v: vec4f) -> vec4f {
    let a = abs(v);
    let t = 1 / (1 + 0.3275911 * a);
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(v) * (1 - p * exp(-a * a));
}

fn gelu(v: vec4f) -> vec4f {
    return 0.5 * v * (1 + erf(v * 0.7071067811865476));
}
