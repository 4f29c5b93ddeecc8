import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { testRest } from '../conformance/rest.ts'
import { testDistributedHerder } from '../support/test-distributed-herder.ts'

/** The same requests as in standalone mode, to a cluster of one worker. */
testRest(async () => ({
  herder: await testDistributedHerder(inject('kafka')),
  props: { 'connector.class': 'RecordingSink', topics: `rest.${randomUUID()}` },
  type: 'sink',
  alias: 'RecordingSink',
}))
