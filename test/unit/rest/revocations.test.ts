import { expect, test } from 'vitest'
import { type Clock, RetriableError, type RevocationLog } from '#api'
import { createRest } from '../../../src/rest/index.ts'
import { createRevocationTable } from '../../../src/storage/revocation-table.ts'
import { systemClock } from '../../../src/util/clock.ts'
import { expectDocumented } from '../../conformance/rest-document.ts'
import { quietLog } from '../../support/quiet.ts'
import { memoryHerder } from './memory-herder.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const clock: Clock = { now: () => now, sleep: (ms, signal) => systemClock.sleep(ms, signal) }

function makeLog(max = 10): RevocationLog & { away: boolean } {
  const table = createRevocationTable(max, clock)
  const store = (): void => {
    if (log.away) throw new RetriableError('Kafka does not answer.')
  }
  const log = {
    ...table,
    away: false,
    async add(made: Parameters<RevocationLog['add']>[0]) {
      table.checkRoom(made.id)
      store()
      table.apply({ made })
    },
    async remove(id: string) {
      if (!table.has(id)) return false
      store()
      table.apply({ ended: id })
      return true
    },
  }
  return log
}

function makeApi(revocations: RevocationLog | undefined, tokenMs?: number) {
  const app = createRest(memoryHerder(), {
    log: quietLog,
    ready: () => true,
    clock: clock,
    revoking: revocations && { revocations, tokenMs },
  })
  return async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => {
    const url = `/gateway/revocations${path}`
    const answer = await app.inject({ method, url, ...(body ? { payload: body } : {}) })
    const json: unknown = answer.body === '' ? undefined : answer.json()
    expectDocumented(method, url, answer.statusCode, json)
    return { status: answer.statusCode, json: json as Record<string, unknown> & Record<string, unknown>[] }
  }
}

test('what is revoked is listed until it is deleted, and the same thing once', async () => {
  const ask = makeApi(makeLog())
  const made = await ask('POST', '', { user: 'ann', for: '2h', reason: 'left' })
  expect([made.status, made.json]).toEqual([
    201,
    { id: expect.any(String), user: 'ann', at: now, until: now + 7_200_000, reason: 'left' },
  ])
  await ask('POST', '', { user: 'ann' })
  await ask('POST', '', { channel: 'bus:*', user: 'ann' })
  await ask('POST', '', { session: 's-1' })
  const listed = (await ask('GET', '')).json
  expect(listed).toHaveLength(3)
  // Without an end a user's stays, and a session's goes when its name is forgotten.
  expect(listed.find((each) => each['id'] === made.json['id'])).not.toHaveProperty('until')
  expect(listed.find((each) => each['session'] === 's-1')).toHaveProperty('until', now + 86_400_000)
  expect((await ask('DELETE', `/${String(made.json['id'])}`)).status).toBe(204)
  expect((await ask('DELETE', `/${String(made.json['id'])}`)).status).toBe(404)
  expect((await ask('GET', '?limit=1')).json).toHaveLength(1)
})

test('a user is refused for as long as a token can last, where that is known', async () => {
  const ask = makeApi(makeLog(), 60_000)
  expect((await ask('POST', '', { user: 'ann' })).json['until']).toBe(now + 60_000)
})

test.each([
  [{}, /Name what is revoked/],
  [{ session: 's', user: 'ann' }, /Name what is revoked/],
  [{ user: '' }, /"user" is the string ""/],
  [{ user: 7 }, /"user" is the number 7/],
  [{ channel: 'bus:*x' }, /no channel and no pattern/],
  [{ channel: 'bus:caf%c3%a9' }, /%XX, in capitals/],
  [{ channel: 'bus:%41' }, /for all others/],
  [{ user: 'ann', for: 'soon' }, /"for" is the string "soon"/],
  [{ user: 'ann', for: '0s' }, /end before it begins/],
  [{ user: 'ann', until: '2020-01-01' }, /end before it begins/],
  [{ user: 'ann', until: 'x' }, /ISO 8601/],
  [{ user: 'ann', until: now + 1, for: '1s' }, /not both/],
  [{ usr: 'ann' }, /nearest known field is "user"/],
])('%j is refused', async (body, text) => {
  const { status, json } = await makeApi(makeLog())('POST', '', body)
  expect([status, json['message']]).toEqual([400, expect.stringMatching(text)])
})

test('what cannot be stored is answered 503, one too many 409, and a worker without a gateway 404', async () => {
  const log = makeLog(1)
  const ask = makeApi(log)
  log.away = true
  expect((await ask('POST', '', { user: 'ann' })).status).toBe(503)
  log.away = false
  expect((await ask('POST', '', { user: 'ann' })).status).toBe(201)
  expect((await ask('POST', '', { user: 'bob' })).status).toBe(409)
  log.away = true
  const [{ id }] = (await ask('GET', '')).json as unknown as [{ id: string }]
  expect((await ask('DELETE', `/${id}`)).status).toBe(503)
  const without = makeApi(undefined)
  expect([(await without('GET', '')).status, (await without('POST', '', { user: 'ann' })).status]).toEqual([404, 404])
})
