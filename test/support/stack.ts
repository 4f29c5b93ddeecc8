import { homedir } from 'node:os'
import type { TestProject } from 'vitest/node'
import { dockerEngine, stackEnvironment, startEphemeralStack } from '../../src/stack/index.ts'
import { systemClock } from '../../src/util/clock.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the Kafka that all integration tests share. */
    kafka: string
    /** The base URL of the registry's Confluent API. */
    registry: string
  }
}

/** What the environment names, else containers where Docker answers, else a stack of our own; gone after the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { TIDEGATE_TEST_KAFKA: kafka, TIDEGATE_TEST_REGISTRY: registry } = process.env
  const stack = kafka && registry ? undefined : await start()
  project.provide('kafka', kafka || stack?.bootstrapServers || '')
  project.provide('registry', registry || stack?.registryUrl || '')
  return async () => await stack?.stop()
}

async function start(): Promise<{ bootstrapServers: string; registryUrl: string; stop(): Promise<void> }> {
  if ((await dockerEngine()).version) return (await import('./containers.ts')).startContainers()
  return startEphemeralStack({ ...stackEnvironment(process.env, homedir()), clock: systemClock, progress })
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`)
