// pooled[s] = the mean of the rows of sequence s, or its first row                                 [sequences, hidden]
//
// One invocation makes four columns of one sequence. A sequence of no tokens gives zeros.

struct Shape {
    /// sequences
    rows: u32,
    /// hidden / 4
    width: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> first: array<u32>; // [sequences + 1]: the first token of each sequence
@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [tokens, hidden / 4]
@group(0) @binding(3) var<storage, read_write> pooled: array<vec4f>; // [sequences, hidden / 4]

/// Whether the mean of all rows is taken, or the first.
override MEAN: bool = true;
override LANES: u32 = 32;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let column = id.x;
    let row = id.y;
    if column >= shape.width || row >= shape.rows {
        return;
    }
    let start = first[row];
    var end = first[row + 1];
    if !MEAN {
        end = min(end, start + 1);
    }
    var sum = vec4f(0);
    for (var token = start; token < end; token++) {
        sum += x[token * shape.width + column];
    }
    pooled[row * shape.width + column] = sum / f32(max(end - start, 1));
}
