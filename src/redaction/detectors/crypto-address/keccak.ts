/** Keccak-256 as Ethereum uses it (before the padding of SHA-3, which is what `node:crypto` has), for one block of input. */

const RATE_BYTES = 136;
const ROUNDS = 24;
const LANES = 25;

/** Rotation of each lane, in the order of the walk below (Keccak reference, 2.3.2 and 2.3.3). */
const ROTATIONS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44] as const;
const WALK = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1] as const;
const ROUND_CONSTANTS = buildRoundConstants();

/** The first 32 bytes, in hex. `data` has fewer than 136 ASCII characters. */
export function keccak256(data: string): string {
  // Each lane of 64 bits is a low and a high half.
  const state = new Uint32Array(2 * LANES);
  const bytes = new Uint8Array(state.buffer, 0, RATE_BYTES);
  for (let at = 0; at < data.length; at++) bytes[at] = data.charCodeAt(at);
  bytes[data.length]! ^= 0x01;
  bytes[RATE_BYTES - 1]! ^= 0x80;
  for (let round = 0; round < ROUNDS; round++) permute(state, round);
  return Buffer.from(state.buffer, 0, 32).toString('hex');
}

function permute(state: Uint32Array, round: number): void {
  mixColumns(state);
  rotateLanes(state);
  for (let row = 0; row < 2 * LANES; row += 10) chi(state, row);
  state[0]! ^= ROUND_CONSTANTS[2 * round]!;
  state[1]! ^= ROUND_CONSTANTS[2 * round + 1]!;
}

function mixColumns(state: Uint32Array): void {
  const column = new Uint32Array(10);
  for (let at = 0; at < 2 * LANES; at++) column[at % 10]! ^= state[at]!;
  for (let at = 0; at < 2 * LANES; at += 2) {
    const left = (at + 8) % 10;
    const right = (at + 2) % 10;
    state[at]! ^= column[left]! ^ ((column[right]! << 1) | (column[right + 1]! >>> 31));
    state[at + 1]! ^= column[left + 1]! ^ ((column[right + 1]! << 1) | (column[right]! >>> 31));
  }
}

function rotateLanes(state: Uint32Array): void {
  let [low, high] = [state[2]!, state[3]!];
  for (let step = 0; step < WALK.length; step++) {
    const to = 2 * WALK[step]!;
    const [nextLow, nextHigh] = [state[to]!, state[to + 1]!];
    const bits = ROTATIONS[step]! % 32;
    const [a, b] = ROTATIONS[step]! < 32 ? [low, high] : [high, low];
    state[to] = bits === 0 ? a : (a << bits) | (b >>> (32 - bits));
    state[to + 1] = bits === 0 ? b : (b << bits) | (a >>> (32 - bits));
    [low, high] = [nextLow, nextHigh];
  }
}

function chi(state: Uint32Array, row: number): void {
  const lanes = state.slice(row, row + 10);
  for (let at = 0; at < 10; at++) state[row + at]! ^= ~lanes[(at + 2) % 10]! & lanes[(at + 4) % 10]!;
}

/** Bits of a linear feedback shift register, at the places 2^j - 1 (Keccak reference, 1.2). */
function buildRoundConstants(): Uint32Array {
  const constants = new Uint32Array(2 * ROUNDS);
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let step = 0; step < 7; step++) {
      const place = 2 ** step - 1;
      if ((register & 1) === 1) constants[2 * round + (place >> 5)]! |= 1 << (place & 31);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
  }
  return constants;
}
