import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // One setting for every run: property tests print their seed when they fail.
    reporters: ['default'],
  },
});
