/** Headers of every answer of the admin listener. There is no CORS header among them, and no cookie is ever set. */

const COMMON: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'x-permitted-cross-domain-policies': 'none',
};

const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Adds them to what an answer has of its own. */
export function secured(response: Response, requestId: string): Response {
  const { headers } = response;
  for (const [name, value] of Object.entries(COMMON)) headers.set(name, value);
  const isPage = headers.get('content-type')?.startsWith('text/html') === true;
  headers.set('content-security-policy', isPage ? PAGE_POLICY : DATA_POLICY);
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  headers.set('x-postern-request-id', requestId);
  return response;
}
