/** The JSON body of a request: of its type, within its bound, read by nobody in two ways. */
import { JsonSyntaxError, walkJson } from '../json/walk.ts';
import { pathText } from '../resources/describe-zod-error.ts';
import { AdminError, invalid } from './problem.ts';

export const MAX_BODY_BYTES = 256 * 1024;
/** Keys by which a copy of an object can get another prototype. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws AdminError */
export async function readJson(request: Request): Promise<unknown> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new AdminError('unsupported_media_type', 'A body is to be JSON, with "content-type: application/json".');
  if (![null, 'identity'].includes(request.headers.get('content-encoding')))
    throw new AdminError('unsupported_media_type', 'A body is to come without content-encoding.');
  const text = decoded(await bytesOf(request));
  try {
    walkJson(text, { value: null });
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw invalid(`The body is no JSON that can be read safely: ${error.message}.`);
    throw error;
  }
  return checkKeys(parsed(text), []);
}

async function bytesOf(request: Request): Promise<Uint8Array> {
  const told = Number(request.headers.get('content-length') ?? 0);
  if (told > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): AdminError {
  return new AdminError('body_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('The body is not valid UTF-8.');
  }
}

/** The walk takes raw control characters in strings; the standard does not. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('The body is no JSON.');
  }
}

/** The walk has bounded the depth. */
function checkKeys(value: unknown, path: readonly PropertyKey[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const [key, inner] of Object.entries(value)) {
    const where = [...path, Array.isArray(value) ? Number(key) : key];
    if (PROTOTYPE_KEYS.has(key)) throw invalid('A field may not have that name.', pathText('', where));
    checkKeys(inner, where);
  }
  return value;
}
