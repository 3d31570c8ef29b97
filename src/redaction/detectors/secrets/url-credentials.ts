/** `scheme://user:password@host`, and connection strings with a password in them. */
import { AT, COLON } from '../../characters.ts';
import type { Candidate } from '../../detector.ts';
import { defineDetector } from '../../detector.ts';
import { isPlaceholder } from './values.ts';

const URL_WITH_PASSWORD =
  /(?<![A-Za-z0-9+.-])([a-z][a-z0-9+.-]{1,24}):\/\/([^\s:@/'"<>]{0,64}):([^\s@/'"<>]{1,96})@([^\s'"<>,;)]{1,64})/gi;
const DATABASES =
  /^(?:postgres(?:ql)?|mysqlx?|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|clickhouse|cassandra|couchbase|neo4j|bolt|nats|mqtts?|ldaps?|smtps?|cloudinary|kafka|snowflake|redshift|cockroachdb|libsql)(?:\+[a-z0-9]+)*$/i;
const SAMPLE_PASSWORDS =
  /^(?:\$|%[sdv]$|\{|<|pass(?:word|wd)?$|pwd$|user(?:name)?$|secret$|mypassword$|your|x+$|\*+$|\.+$|token$|\[)/i;
/** Shorter ones stand in manuals. */
const MIN_PASSWORD_CHARS = 4;
/** The part of a host that names stand before. */
const HOST = /^[^/?#]+/;

export const urlCredentials = defineDetector({
  name: 'url-credentials',
  group: 'secrets',
  entities: ['CONNECTION_STRING', 'URL_CREDENTIALS'],
  gates: [{ kinds: AT | COLON, length: 10, near: { words: ['://'], reach: 0 } }],
  find(text, from) {
    const found: Candidate<'CONNECTION_STRING' | 'URL_CREDENTIALS'>[] = [];
    URL_WITH_PASSWORD.lastIndex = from;
    for (let match = URL_WITH_PASSWORD.exec(text); match !== null; match = URL_WITH_PASSWORD.exec(text)) {
      const [whole, scheme, user, password, rest] = match as unknown as [string, string, string, string, string];
      if (isSample(user, password)) continue;
      const isDatabase = DATABASES.test(scheme);
      const host = HOST.exec(rest)?.[0] ?? rest;
      const length = isDatabase ? whole.length : whole.length - rest.length + host.length;
      const end = match.index + whole.slice(0, length).replace(/[.?!:`\\)]+$/, '').length;
      found.push({ start: match.index, end, type: isDatabase ? 'CONNECTION_STRING' : 'URL_CREDENTIALS', score: 1 });
    }
    return found;
  },
});

function isSample(user: string, password: string): boolean {
  if (SAMPLE_PASSWORDS.test(password) || password.length < MIN_PASSWORD_CHARS) return true;
  if (/^(.)\1+$/.test(password)) return true;
  return /[${}<>[\]]/.test(user) || /^your/i.test(user) || (isPlaceholder(password) && password.length > 4);
}
