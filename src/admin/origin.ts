/**
 * Which names the listener is asked by, and from which pages. A page of another site can be made to resolve to this machine (DNS
 * rebinding); its requests then have its own name in `Host`, which is not on the list.
 */
import { AdminError } from './problem.ts';

const ALWAYS = ['localhost', '127.0.0.1', '[::1]'];
const EVERYWHERE = ['0.0.0.0', '[::]'];
const IP_LITERAL = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])$/;

/** Entries are names with or without a port. One that listens on all addresses is asked by any of them: no name stands behind a number. */
export function hostCheck(hosts: readonly string[]): (host: string) => boolean {
  const known = new Set([...ALWAYS, ...hosts].map((host) => bracketed(host.toLowerCase())));
  const anyAddress = EVERYWHERE.some((host) => known.has(host));
  return (host) => {
    const whole = host.toLowerCase();
    const name = whole.replace(/:\d{1,5}$/, '').replace(/(?<=[a-z])\.$/, '');
    return known.has(whole) || known.has(name) || (anyAddress && IP_LITERAL.test(name));
  };
}

/** An address of IPv6 as it stands in a Host. */
function bracketed(host: string): string {
  return /^[\da-f]*:[\da-f:.]*:[\da-f.]*$/.test(host) ? `[${host}]` : host;
}

/** @throws AdminError `forbidden` */
export function checkHost(isKnown: (host: string) => boolean, host: string): void {
  if (!isKnown(host))
    throw new AdminError('forbidden', 'This listener does not answer by that host name. Name it in admin.hosts.');
}

/** Pages of other origins get nothing here, whatever token they hold. @throws AdminError `forbidden` */
export function checkOrigin(headers: Headers, host: string): void {
  const origin = headers.get('origin');
  if (origin === null) return;
  const from = URL.canParse(origin) ? new URL(origin) : undefined;
  // A proxy in front may speak TLS, so the scheme does not count; its default port is the one that a Host leaves out.
  if (from && /^https?:$/.test(from.protocol) && from.host === host.toLowerCase().replace(/:(?:80|443)$/, '')) return;
  throw new AdminError('forbidden', 'The page that asks is of another origin.');
}
