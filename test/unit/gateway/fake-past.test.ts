import { testPast } from '../../conformance/past.ts'
import { fakePast, type PastRecord } from './fake-past.ts'

testPast('a past in memory', async ({ partitions, isCompacted = false }) => {
  const log = Array.from({ length: partitions }, (): PastRecord[] => [])
  const past = fakePast(log)
  past.isCompacted = isCompacted
  return {
    past,
    topic: 't',
    async append(partition, numbers, at = Date.now()) {
      for (const number of numbers)
        log[partition]?.push({ at, parts: [{ channel: 'bus:1', key: 'k', data: String(number), path: [] }] })
    },
    async appendGap(partition) {
      log[partition]?.push({ at: -1, parts: [] })
    },
    async cut(partition, offset) {
      past.low[partition] = Number(offset)
    },
  }
})
