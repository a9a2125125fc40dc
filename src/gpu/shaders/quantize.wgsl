// q[r] = round(x[r] / scale[r]), scale[r] = the largest |x[r]| / 127                                  [rows, words + 1]
//
// LANES invocations share a row and find its largest through workgroup memory. A row of q holds its int8 values, four to a
// word, the first in its lowest byte, and behind them the bits of its scale.

struct Shape {
    rows: u32,
    /// k / 4
    words: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [rows, k / 4]
@group(0) @binding(2) var<storage, read_write> q: array<u32>; // [rows, k / 4 + 1]

/// Invocations that share a row: 1, or the workgroup's size.
override LANES: u32 = 1;
/// Invocations of a workgroup.
override SIZE: u32 = 32;

const MOST: f32 = 127;

var<workgroup> parts: array<f32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
    let lane = local % LANES;
    let row = group.x * (SIZE / LANES) + local / LANES;
    let last = shape.rows - 1;
    let held = min(row, last); // rows behind the last are computed like it and not written: barriers need everyone
    let words = shape.words;
    var largest = 0.0;
    for (var word = lane; word < words; word += LANES) {
        let v = abs(x[held * words + word]);
        largest = max(largest, max(max(v.x, v.y), max(v.z, v.w)));
    }
    if LANES > 1 {
        parts[local] = largest;
        workgroupBarrier();
        for (var half = LANES / 2; half > 0; half /= 2) {
            if lane < half {
                parts[local] = max(parts[local], parts[local + half]);
            }
            workgroupBarrier();
        }
        largest = parts[local - lane];
    }
    if row > last {
        return;
    }
    let to = row * (words + 1);
    let scale = select(MOST / largest, 0, largest == 0);
    for (var word = lane; word < words; word += LANES) {
        let v = vec4i(round(x[row * words + word] * scale));
        let bytes = (vec4u(v) & vec4u(255)) << vec4u(0, 8, 16, 24);
        q[to + word] = bytes.x | bytes.y | bytes.z | bytes.w;
    }
    if lane == 0 {
        q[to + words] = bitcast<u32>(largest / MOST);
    }
}
