/** Bech32 and Bech32m checksums (BIP 173, BIP 350), and Bitcoin Cash's over the same letters. */

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const BECH32 = 1;
const BECH32M = 0x2bc830a3;

/** Whether the checksum of a whole address is right. Mixed case is not allowed. */
export function passesBech32(address: string): boolean {
  const text = address.toLowerCase();
  if (text !== address && address !== address.toUpperCase()) return false;
  const split = text.lastIndexOf('1');
  const values = [...text.slice(split + 1)].map((character) => ALPHABET.indexOf(character));
  if (split < 1 || values.length < 6 || values.includes(-1)) return false;
  const rest = polymod([...expand(text.slice(0, split)), ...values]);
  return rest === BECH32 || rest === BECH32M;
}

/** The letters before the last `1` count with their high bits and with their low bits. */
function expand(prefix: string): number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function polymod(values: readonly number[]): number {
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    for (let bit = 0; bit < GENERATORS.length; bit++) if (((top >> bit) & 1) === 1) checksum ^= GENERATORS[bit]!;
  }
  return checksum;
}

const CASH_GENERATORS = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n] as const;

/** CashAddr: forty bits over the prefix and what follows its colon. */
export function passesCashAddress(address: string): boolean {
  const [prefix, payload] = address.toLowerCase().split(':') as [string, string];
  const values = [...payload].map((character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) return false;
  let checksum = 1n;
  for (const value of [...[...prefix].map((character) => character.charCodeAt(0) & 31), 0, ...values]) {
    const top = checksum >> 35n;
    checksum = ((checksum & 0x07ffffffffn) << 5n) ^ BigInt(value);
    CASH_GENERATORS.forEach((generator, bit) => {
      if (((top >> BigInt(bit)) & 1n) === 1n) checksum ^= generator;
    });
  }
  return checksum === 1n;
}
