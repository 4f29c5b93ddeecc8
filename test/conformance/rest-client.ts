import { expect, onTestFinished, vi } from 'vitest'
import type { Logger } from '#api'
import type { Herder } from '../../src/herder/herder.ts'
import { createRest, type RestOptions } from '../../src/rest/index.ts'
import { expectDocumented } from './rest-document.ts'

/** A herder without connectors, and what it can run. */
export interface RestSubject {
  readonly herder: Herder
  /** The properties of a connector that starts, `connector.class` among them and `name` not. */
  readonly props: Readonly<Record<string, string>>
  readonly type: 'source' | 'sink'
  /** Another name for the same `connector.class`. */
  readonly alias: string
  /** A key of that connector of type PASSWORD, if it has one. */
  readonly secretKey?: string
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly json: unknown
  readonly headers: Readonly<Record<string, unknown>>
}

export interface RestClient {
  get(path: string): Promise<Answer>
  /** A body that is no string or Buffer is sent as JSON; strings are sent as they are, as JSON too. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Creates a connector that must be accepted. */
  create(name: string, props: object, more?: object): Promise<Answer>
  /** Waits until the connector and all its tasks, of which there are `tasks` at least, are in a state. */
  settled(name: string, state: string, tasks?: number): Promise<unknown>
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** Talks to the REST API over a herder without a socket. Closes by itself. */
export function restClient(herder: Herder | (() => Herder), options: Partial<RestOptions> = {}): RestClient {
  const app = createRest(herder, { log: silent, ready: () => true, ...options })
  onTestFinished(async () => app.close())
  const send: RestClient['send'] = async (method, path, body, headers = {}) => {
    const payload =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      headers: {
        host: 'worker:8083',
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    })
    // Every refusal has Kafka Connect's body and nothing else.
    if (answer.statusCode >= 400 && !/\/(?:health|ready)\/?$/.test(path)) {
      expect(answer.headers['content-type']).toBe('application/json')
      expect(answer.json()).toEqual({ error_code: answer.statusCode, message: expect.stringMatching(/./) })
    }
    const isJson = String(answer.headers['content-type']).startsWith('application/json') && answer.payload !== ''
    const json: unknown = isJson ? answer.json() : undefined
    expectDocumented(method, path, answer.statusCode, json)
    return { status: answer.statusCode, text: answer.payload, json, headers: answer.headers }
  }
  const get = async (path: string) => send('GET', path)
  return {
    get,
    send,
    async create(name, props, more = {}) {
      const answer = await send('POST', '/connectors', { name, config: props, ...more })
      expect(answer).toMatchObject({ status: 201 })
      return answer
    },
    settled: async (name, state, tasks = 0) =>
      vi.waitFor(
        async () => {
          const { json } = await get(`/connectors/${encodeURIComponent(name)}/status`)
          expect(json).toMatchObject({ connector: { state } })
          const found = (json as { tasks: { state: string }[] }).tasks
          expect(found.length).toBeGreaterThanOrEqual(tasks)
          for (const task of found) expect(task).toMatchObject({ state })
          return json
        },
        { timeout: 20_000, interval: 20 },
      ),
  }
}

/** What an answer with Kafka Connect's error body matches. */
export const refusal = (status: number, message: string | RegExp) => ({
  status,
  json: { error_code: status, message: expect.stringMatching(message) },
})
