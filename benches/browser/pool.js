// What the model does after its encoder, for runtimes that end at the hidden states.

/** Mean over each sequence of hidden [count, length, dim], then length 1: [count, dim]. */
export function meanPool(hidden, count, length) {
  const dim = hidden.length / (count * length);
  const out = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    const row = out.subarray(i * dim, (i + 1) * dim);
    for (let token = i * length; token < (i + 1) * length; token++) {
      for (let j = 0; j < dim; j++) row[j] += hidden[token * dim + j];
    }
    let squares = 0;
    for (let j = 0; j < dim; j++) squares += row[j] * row[j];
    const norm = Math.sqrt(squares);
    for (let j = 0; j < dim; j++) row[j] /= norm;
  }
  return out;
}
