import { describe } from 'vitest'
import { testRestAdmin } from './rest-admin.ts'
import type { RestSubject } from './rest-client.ts'
import { testRestConnectors } from './rest-connectors.ts'
import { testRestLifecycle } from './rest-lifecycle.ts'
import { testRestOffsets } from './rest-offsets.ts'
import { testRestPlugins } from './rest-plugins.ts'

export type { RestSubject } from './rest-client.ts'

/**
 * What Kafka Connect's REST API promises, whichever herder is behind it.
 * `makeSubject` is called once for each test and registers its own clean-up.
 */
export function testRest(makeSubject: () => Promise<RestSubject> | RestSubject): void {
  describe('REST: connectors', () => {
    testRestConnectors(makeSubject)
  })
  describe('REST: lifecycle', () => {
    testRestLifecycle(makeSubject)
  })
  describe('REST: offsets and topics', () => {
    testRestOffsets(makeSubject)
  })
  describe('REST: loggers and internal requests', () => {
    testRestAdmin(makeSubject)
  })
  describe('REST: plugins', () => {
    testRestPlugins(makeSubject)
  })
}
