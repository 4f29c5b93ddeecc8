import { createMemoryConfigStore, createMemoryTopics } from '../../../src/storage/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { testConfigStore } from '../../conformance/config-store.ts'
import { quietLog } from '../../support/quiet.ts'

testConfigStore('memory', async () => {
  const topics = createMemoryTopics()
  return { open: () => createMemoryConfigStore({ log: quietLog, clock: systemClock, topics }) }
})
