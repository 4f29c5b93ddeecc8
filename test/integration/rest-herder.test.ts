import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { testRest } from '../conformance/rest.ts'
import { testHerder } from '../support/test-herder.ts'

/** The same requests as over the fake, to the herder that runs real tasks. */
testRest(() => ({
  herder: testHerder({ bootstrapServers: inject('kafka') }).herder,
  props: { 'connector.class': 'RecordingSink', topics: `rest.${randomUUID()}` },
  type: 'sink',
  alias: 'RecordingSink',
}))
