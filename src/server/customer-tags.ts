/** Tags of a call that its client names by `X-Gateway-*` headers. Only those that are configured are read at all. */
import { customerTag } from '../core/customer-tag.ts';
import { GatewayError, optionError } from '../errors.ts';
import type { HeaderList } from '../http/header-list.ts';

const METADATA = 'x-gateway-metadata';
const MAX_CHARS = 256;
const MAX_METADATA_CHARS = 4_096;
const MAX_METADATA_KEYS = 32;
const MAX_KEY_CHARS = 64;

/** @throws GatewayError `invalid_option` */
export function checkCustomerHeaders(names: unknown): void {
  if (!Array.isArray(names) || names.length > 32)
    throw optionError('customerHeaders', 'a list of at most 32 names of headers', names);
  for (const [i, name] of names.entries()) {
    const option = `customerHeaders[${i}]`;
    if (typeof name !== 'string' || !/^x-gateway-[a-z0-9-]{1,64}$/i.test(name))
      throw optionError(option, "the name of a header such as 'X-Gateway-Customer'", name);
    if (customerTag(name) === undefined) throw optionError(option, 'a name that the gateway does not use itself', name);
  }
}

/** A header of its own wins over a key of the metadata. @throws GatewayError `invalid_request` */
export function customerTags(headers: HeaderList, names: readonly string[]): Record<string, string> {
  const tags: [string, string][] = [];
  for (const name of names) {
    const value = headers.get(name);
    const tag = customerTag(name);
    if (value === null || value === '') continue;
    if (name.toLowerCase() === METADATA) tags.unshift(...metadataTags(value));
    else if (tag !== undefined) tags.push([tag, checkedValue(name.toLowerCase(), value)]);
  }
  return Object.fromEntries(tags);
}

function metadataTags(text: string): [string, string][] {
  if (text.length > MAX_METADATA_CHARS) throw invalid(METADATA, `is longer than ${MAX_METADATA_CHARS} characters`);
  const entries = Object.entries(parsedObject(text));
  if (entries.length > MAX_METADATA_KEYS) throw invalid(METADATA, `has more than ${MAX_METADATA_KEYS} keys`);
  return entries.flatMap(([key, value]): [string, string][] => {
    const tag = customerTag(key);
    if (tag === undefined || tag.length > MAX_KEY_CHARS || !isScalar(value) || value === '') return [];
    return [[tag, checkedValue(METADATA, String(value))]];
  });
}

function parsedObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {}
  throw invalid(METADATA, 'is no JSON object');
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** One that is too long names nobody; left out, it would take the call from under its customer's limit. */
function checkedValue(header: string, value: string): string {
  if (value.length <= MAX_CHARS) return value;
  throw invalid(header, `holds a value longer than ${MAX_CHARS} characters`);
}

function invalid(header: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `The header "${header}" ${what}.`, { param: header });
}
