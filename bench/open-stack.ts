import { homedir } from 'node:os'
import { stackEnvironment, startEphemeralStack } from '../src/stack/index.ts'
import { systemClock } from '../src/util/clock.ts'

export interface OpenStack {
  readonly kafka: string
  readonly registry: string
  /** Somebody else's, where nothing of ours may stay. */
  readonly lent: boolean
  stop(): Promise<void>
}

/** What the environment names, else a Kafka and a registry of our own, gone afterwards. */
export async function openStack(progress: (line: string) => void): Promise<OpenStack> {
  const { TIDEGATE_TEST_KAFKA: kafka, TIDEGATE_TEST_REGISTRY: registry } = process.env
  if (kafka && registry) return { kafka, registry, lent: true, stop: async () => undefined }
  const stack = await startEphemeralStack({ ...stackEnvironment(process.env, homedir()), clock: systemClock, progress })
  return { kafka: stack.bootstrapServers, registry: stack.registryUrl, lent: false, stop: () => stack.stop() }
}

export const noStack: OpenStack = { kafka: '', registry: '', lent: false, stop: async () => undefined }
