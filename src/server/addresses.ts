/** Which addresses are on the public internet. Everything that is not is refused to a configured URL, and what is unknown counts as not. */
import { BlockList, isIP } from 'node:net';

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and 168.63.129.16, where Azure has its host agent. */
const RESERVED_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '168.63.129.16/32'],
];
/** Of the one range that is global: protocol assignments with Teredo, documentation, 6to4. */
const RESERVED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const GLOBAL_V6 = ['2000::/3'];

/** Where clouds tell a machine its credentials. Nobody's model is there, however much is allowed. */
const METADATA = [
  ...['169.254.0.0/16', '168.63.129.16/32', '100.100.100.200/32', '192.0.0.192/32'],
  ...['fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
];

const reserved = listOf([...RESERVED_V4, ...RESERVED_V6]);
const global = listOf(GLOBAL_V6);
const metadata = listOf(METADATA);

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** @param address as a resolver gives it, without brackets; what is none is not public */
export function isPublicAddress(address: string): boolean {
  const v4 = v4Of(address);
  if (v4 !== undefined) return !reserved.check(v4, 'ipv4');
  return isIP(address) === 6 && global.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}

export function isMetadataAddress(address: string): boolean {
  const v4 = v4Of(address);
  return v4 === undefined ? isIP(address) === 6 && metadata.check(plain(address), 'ipv6') : metadata.check(v4, 'ipv4');
}

/** The address itself, or the one inside of an IPv6 one: mapped, or behind a NAT64 with the well-known prefix. */
function v4Of(address: string): string | undefined {
  if (isIP(address) === 4) return address;
  if (isIP(address) !== 6) return undefined;
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical(address)) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

/** Without the zone of a link-local one. */
const plain = (address: string): string => address.split('%', 1)[0]!;
/** As URLs write it: lower case, the longest run of zeros left out, the last part never dotted. */
const canonical = (address: string): string => new URL(`http://[${plain(address)}]`).hostname.slice(1, -1);
