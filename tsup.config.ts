import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';
import { buildDashboard } from './scripts/build-dashboard.ts';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { optionalDependencies: Record<string, string> };

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    bedrock: 'src/bedrock/index.ts',
    langchain: 'src/langchain/index.ts',
    otel: 'src/telemetry/otel.ts',
    redaction: 'src/redaction/index.ts',
    server: 'src/serve/index.ts',
    spend: 'src/spend/index.ts',
    sqlite: 'src/stores/sqlite.ts',
    // Started as a thread by the one above, in both of the package's kinds.
    'sqlite-worker': 'src/stores/sqlite-worker.ts',
    redis: 'src/stores/redis.ts',
    postgres: 'src/stores/postgres.ts',
    cli: 'src/cli/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  dts: true,
  clean: true,
  sourcemap: false,
  splitting: true,
  treeshake: false,
  // Installed with the package like its dependencies, which alone are left out of the bundle by themselves.
  external: Object.keys(manifest.optionalDependencies),
  // `import.meta.url` in CommonJS, for the one file that looks for its neighbour.
  shims: true,
  async onSuccess() {
    await buildDashboard('dist/dashboard');
  },
});
