/** Checks AWS Signature Version 4 as a service does: it computes the signature of what arrived once more. */
import { createHash, createHmac } from 'node:crypto';

/** Invented, and known to the fake service alone. */
export const CREDENTIALS = {
  accessKeyId: 'AKIAINVENTEDEXAMPLE0',
  secretAccessKey: 'invented-secret-of-nobody',
} as const;

export interface Signed {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** `undefined` when the signature holds; else what is wrong. */
export function signatureFault({ method, url, headers, body }: Signed): string | undefined {
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
    String(headers.authorization),
  );
  if (!found) return 'There is no signature.';
  const [, accessKeyId, scope = '', names = '', signature] = found;
  if (accessKeyId !== CREDENTIALS.accessKeyId) return 'The access key is not known.';
  const bodyHash = sha256(body);
  const told = headers['x-amz-content-sha256'];
  if (told !== undefined && told !== bodyHash) return 'The body is not the one that was signed.';
  const [path = '', query = ''] = url.split('?');
  const signedHeaders = names.split(';').map((name) => `${name}:${headerOf(headers, name)}\n`);
  const canonical = [
    method,
    // Each part is encoded once more than it stands in the request line.
    path.split('/').map(encodeURIComponent).join('/'),
    query.split('&').sort().join('&'),
    signedHeaders.join(''),
    names,
    bodyHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${CREDENTIALS.secretAccessKey}`);
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'The signature does not match.';
}

function headerOf(headers: Signed['headers'], name: string): string {
  const value = headers[name] ?? (name === 'host' ? headers[':authority'] : undefined);
  return String(value ?? '')
    .trim()
    .replace(/\s+/g, ' ');
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
