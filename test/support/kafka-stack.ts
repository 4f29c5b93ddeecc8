import { homedir } from 'node:os'
import { onTestFinished } from 'vitest'
import { type Stack, stackEnvironment, startEphemeralStack } from '../../src/stack/index.ts'
import { systemClock } from '../../src/util/clock.ts'

/**
 * A Kafka and a registry of this test's own, which it may stop, kill and start again; on Java, also where Docker answers.
 * Inside a test they end with it; a hook passes `cleanUp: false` and calls `stop` itself.
 */
export async function startOwnStack({ cleanUp = true }: { cleanUp?: boolean } = {}): Promise<Stack> {
  const environment = stackEnvironment(process.env, homedir())
  const stack = await startEphemeralStack({ ...environment, clock: systemClock, progress: () => undefined })
  if (cleanUp) onTestFinished(() => stack.stop())
  return stack
}
