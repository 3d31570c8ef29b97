/** The manifest of this package, wherever it was built to. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Manifest {
  readonly version: string;
  readonly engines?: Readonly<Record<string, string>> | undefined;
  readonly peerDependencies?: Readonly<Record<string, string>> | undefined;
}

export interface OwnManifest {
  /** `undefined` when the file is gone, as in a bundle. */
  readonly manifest: Manifest | undefined;
  /** The folder of the package, or of this file. */
  readonly folder: string;
}

/** It stands one folder above the built file and two above this one. */
export function ownManifest(): OwnManifest {
  for (const path of ['../package.json', '../../package.json']) {
    const url = new URL(path, import.meta.url);
    const manifest = readManifest(fileURLToPath(url));
    if (manifest) return { manifest, folder: dirname(fileURLToPath(url)) };
  }
  return { manifest: undefined, folder: dirname(fileURLToPath(import.meta.url)) };
}

/** `undefined` where there is none, or none with a version. */
export function readManifest(path: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest>;
    return typeof manifest.version === 'string' ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}
