import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  // Where vitest runs globalSetup.
  environments: { __vitest__: { resolve: { conditions: ['source'] } } },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Most of the time went into loading the same modules for each file.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/stack.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for Kafka and processes most of the time.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'proofs',
          include: ['test/proofs/**/*.test.ts'],
          globalSetup: ['test/support/stack.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Whoever is killed, frozen or flooded here is to have the machine alone.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    // How long a test waits for what should come at once: machines are shared, and only a test that fails waits for long.
    expect: { poll: { timeout: 15_000 } },
  },
})
