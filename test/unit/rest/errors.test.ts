import { expect, test } from 'vitest'
import * as api from '#api'
import { ConnectError, type Logger } from '#api'
import { toErrorBody } from '../../../src/rest/error-mapper.ts'
import { refusal, restClient } from '../../conformance/rest-client.ts'
import { memoryHerder } from './memory-herder.ts'

const isErrorClass = (value: unknown): value is typeof ConnectError =>
  typeof value === 'function' && (value === ConnectError || value.prototype instanceof ConnectError)

const classes = Object.values(api).filter(isErrorClass)

const failing = (error: unknown, log?: Logger) =>
  restClient(
    memoryHerder({
      connectorInfo: async () => {
        throw error
      },
    }),
    log ? { log } : {},
  )

test.each(classes.map((type) => [type.name, type] as const))('%s gives its own status and message', async (_, type) => {
  const answer = await failing(new type('What was wrong.')).get('/connectors/x')
  expect(answer).toMatchObject(refusal(type.status, /^What was wrong\.$/))
})

test('anything else that is thrown is a 500 with its message', async () => {
  expect(await failing(new TypeError('boom')).get('/connectors/x')).toMatchObject(refusal(500, /^boom$/))
  expect(await failing('a string').get('/connectors/x')).toMatchObject(refusal(500, /^a string$/))
  expect(await failing(new Error('')).get('/connectors/x')).toMatchObject(refusal(500, /^HTTP 500 Internal/))
})

test('a status that is no error status becomes 500', () => {
  class Odd extends ConnectError {
    static override readonly status: number = 200
  }
  expect(toErrorBody(new Odd('odd'), 1)).toEqual({ error_code: 500, message: 'odd' })
})

test('logs once what failed here, and what the client did wrong only for debugging', async () => {
  const lines: string[] = []
  const log: Logger = {
    debug: (_, message) => void lines.push(`debug ${message}`),
    info: (_, message) => void lines.push(`info ${message}`),
    warn: (_, message) => void lines.push(`warn ${message}`),
    error: (_, message) => void lines.push(`error ${message}`),
    child: () => log,
  }
  await failing(new Error('boom'), log).get('/connectors/x')
  await failing(new api.NotFoundError('none'), log).get('/connectors/x')
  expect(lines.filter((line) => !line.endsWith('answered'))).toEqual(['error request failed', 'debug request refused'])
})
