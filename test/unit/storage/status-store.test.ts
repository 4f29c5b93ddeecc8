import { createMemoryStatusStore, createMemoryTopics } from '../../../src/storage/index.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { testStatusStore } from '../../conformance/status-store.ts'
import { quietLog } from '../../support/quiet.ts'

testStatusStore('memory', async () => {
  const topics = createMemoryTopics()
  return { open: () => createMemoryStatusStore({ log: quietLog, clock: systemClock, topics }) }
})
