import { defineConfig } from 'vitest/config';

/** The promises that tests are tagged with, `trust-1` to `trust-41`; docs/trust.md lists them. */
const promises = Array.from({ length: 41 }, (_, index) => ({ name: `trust-${index + 1}` }));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    tags: promises,
    // Scenario tests start real servers; two workers is what a small CI machine carries.
    maxWorkers: 2,
  },
});
