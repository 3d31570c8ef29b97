import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    langchain: 'src/langchain/index.ts',
    otel: 'src/telemetry/otel.ts',
    redaction: 'src/redaction/index.ts',
    server: 'src/server/index.ts',
    spend: 'src/spend/index.ts',
    cli: 'src/cli/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  dts: true,
  clean: true,
  sourcemap: false,
  splitting: true,
  treeshake: false,
});
