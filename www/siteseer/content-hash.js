// Whether a content is the one that was written. The manifest has the SHA-256 of a large file; a chunk begins with the first
// eight bytes of that of everything behind them.

const CHECK_BYTES = 8;

/**
 * @param {BufferSource} bytes
 * @returns {Promise<string>} SHA-256, hex
 */
export async function hash(bytes) {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/**
 * @param {Uint8Array<ArrayBuffer>} content uncompressed
 * @param {string} [sha256] of the manifest; none for a chunk
 */
export async function isWritten(content, sha256) {
  if (sha256 !== undefined) return (await hash(content)) === sha256;
  const check = toHex(content.subarray(0, CHECK_BYTES));
  return content.length > CHECK_BYTES && (await hash(content.subarray(CHECK_BYTES))).startsWith(check);
}

const toHex = (/** @type {Uint8Array} */ bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
