// x[t] = word[id[t]] + position[t - start of its sequence] + token_type[type[t]]                  [tokens, hidden]
//
// One invocation makes four columns of one token. Tables are int8 with a scale per row; a word of 32 bits holds four
// columns, the first in its lowest byte.

struct Shape {
    /// tokens
    rows: u32,
    /// hidden / 4
    width: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> tokens: array<vec4u>; // [tokens]: id, token type, start and end of its sequence
@group(0) @binding(2) var<storage, read> word: array<u32>; // [vocab, hidden / 4]
@group(0) @binding(3) var<storage, read> word_scale: array<f32>; // [vocab]
@group(0) @binding(4) var<storage, read> position: array<u32>; // [max_positions, hidden / 4]
@group(0) @binding(5) var<storage, read> position_scale: array<f32>; // [max_positions]
@group(0) @binding(6) var<storage, read> token_type: array<vec4f>; // [type_vocab, hidden / 4]
@group(0) @binding(7) var<storage, read_write> x: array<vec4f>; // [tokens, hidden / 4]

override LANES: u32 = 32;

fn unpack(four: u32) -> vec4f {
    return vec4f(vec4i(vec4u(four) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
    let column = id.x;
    let row = id.y;
    if column >= shape.width || row >= shape.rows {
        return;
    }
    let token = tokens[row];
    let place = row - token.z;
    x[row * shape.width + column] = unpack(word[token.x * shape.width + column]) * word_scale[token.x]
        + unpack(position[place * shape.width + column]) * position_scale[place]
        + token_type[token.y * shape.width + column];
}
