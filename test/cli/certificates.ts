/** Certificates that vouch for themselves, made by openssl for a test, and their authority trusted for its length. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** Whom it is for, in the words of X.509. Default this machine's address. */
  readonly host?: string;
  /** From now; negative for one that has expired. Default 2. */
  readonly days?: number;
}

export function makeCertificate({ host = 'IP:127.0.0.1', days = 2 }: CertificateOptions = {}): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  };
  try {
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
    const subject = ['-subj', '/O=Invented Authority/CN=Invented Root', '-addext', `subjectAltName=${host}`];
    openssl('req', ...kind, ...subject, '-out', 'request.pem');
    const signed = ['-req', '-in', 'request.pem', '-signkey', 'key.pem', '-copy_extensions', 'copy'];
    openssl('x509', ...signed, '-days', String(days), '-out', 'cert.pem');
    return {
      key: readFileSync(join(folder, 'key.pem'), 'utf8'),
      cert: readFileSync(join(folder, 'cert.pem'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As a process that was started with NODE_EXTRA_CA_CERTS. */
export async function trusting<T>({ cert }: Certificate, work: () => Promise<T>): Promise<T> {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, cert]);
  try {
    return await work();
  } finally {
    setDefaultCACertificates(before);
  }
}
