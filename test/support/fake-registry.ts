import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Stored {
  readonly id: number
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly object[]
}

export interface FakeRegistry {
  readonly url: string
  /** `GET /schemas/ids/1` and so on, in order. */
  readonly requests: string[]
  /** The `authorization` of the last request. */
  authorization(): string | undefined
  /** Puts a schema behind the subject's newest; answers its id. */
  add(subject: string, schema: unknown, more?: { schemaType?: string; references?: readonly object[] }): number
  /** What every answer from now on is. */
  fail(status: number | undefined): void
  /** Gives no reasons for what is not compatible, as Apicurio Registry. */
  silence(): void
  /** Makes requests wait until the promise resolves. */
  holdUntil(promise: Promise<unknown>): void
  stop(): Promise<void>
}

/** A schema registry in this process, for tests that must not need a network. Takes any schema for compatible but `"incompatible"`s. */
export async function startFakeRegistry(
  clean: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<FakeRegistry> {
  const subjects = new Map<string, Stored[]>()
  const schemas: Stored[] = []
  const requests: string[] = []
  let failing: number | undefined
  let authorization: string | undefined
  let silent = false
  let held: Promise<unknown> = Promise.resolve()

  function add(subject: string, schema: unknown, more: object = {}): number {
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
    let stored = schemas.find((known) => known.schema === text)
    if (!stored) {
      stored = { id: schemas.length + 1, schema: text, ...more }
      schemas.push(stored)
    }
    const versions = subjects.get(subject) ?? []
    if (!versions.includes(stored)) versions.push(stored)
    subjects.set(subject, versions)
    return stored.id
  }

  function answer(
    method: string,
    path: string,
    body: { schema?: string; schemaType?: string; references?: object[] },
  ): [number, unknown] {
    const [, kind, name = '', , version = ''] = path.split('/').map(decodeURIComponent)
    if (path === '/subjects') return [200, [...subjects.keys()]]
    if (kind === 'schemas') {
      const stored = schemas[Number(path.split('/').at(-1)) - 1]
      return stored ? [200, stored] : [404, { error_code: 40403, message: 'Schema not found' }]
    }
    if (kind === 'compatibility') {
      const refused = body.schema?.includes('incompatible') === true
      return [200, { is_compatible: !refused, ...(!silent && { messages: refused ? ['because it says so'] : [] }) }]
    }
    const versions = subjects.get(name)
    if (method === 'POST' && version === '' && path.endsWith('/versions')) {
      if (body.schema?.includes('incompatible')) return [409, { error_code: 409, message: 'because it says so' }]
      const { schema, ...more } = body
      return [200, { id: add(name, schema, more) }]
    }
    if (!versions) return [404, { error_code: 40401, message: `Subject ${name} not found` }]
    if (method === 'POST') {
      const stored = versions.find(({ schema }) => schema === body.schema)
      return stored ? [200, stored] : [404, { error_code: 40403, message: 'Schema not found' }]
    }
    const index = version === 'latest' ? versions.length - 1 : Number(version) - 1
    const stored = versions[index]
    return stored
      ? [200, { ...stored, subject: name, version: index + 1 }]
      : [404, { error_code: 40402, message: 'Version not found' }]
  }

  const server = createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    requests.push(`${request.method} ${request.url}`)
    authorization = request.headers.authorization
    const body = (await readJson(request)) as { schema?: string }
    await held
    const [status, json] =
      failing === undefined ? answer(request.method ?? '', path, body) : [failing, { message: 'failing' }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let stopped: Promise<void> | undefined
  const stop = () =>
    (stopped ??= new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }))
  clean(stop)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorization: () => authorization,
    add,
    fail: (status) => void (failing = status),
    silence: () => void (silent = true),
    holdUntil: (promise) => void (held = promise),
    stop,
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? {} : JSON.parse(text)
}
