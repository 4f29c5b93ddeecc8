import { mkdir } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import type { Answer, Case, Step, Subject } from './case.ts'
import { settled } from './cluster.ts'

/** A worker under test; `dir` is for the folders of its cases. */
export type Worker = Omit<Subject, 'name'>

export interface Answered {
  readonly step: string
  readonly answer: Answer
}

/** Headers that tools read. */
const comparedHeaders = ['content-type', 'location', 'allow']

const changing: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE']

/** What a worker of a cluster says when it asks for another try, as tools do. */
const comeBack = /momentarily|rebalance/

/** Tells the topics of this run from those that earlier ones left on the same Kafka. */
const run = String(Date.now() % 1_000_000).padStart(6, '0')

/** Puts a worker through a case; the answers come back with the worker's own names, ports and times taken out. */
export async function runCase(each: Case, index: number, worker: Worker): Promise<readonly Answered[]> {
  const name = `${worker.kind}${run}n${String(index).padStart(3, '0')}`
  const dir = join(worker.dir, name)
  await mkdir(dir, { recursive: true })
  const subject: Subject = { ...worker, name, dir }
  const answers: Answered[] = []
  for (const step of each.steps) {
    await step.before?.(subject)
    if (step.path === undefined && !step.look) continue
    const label = step.what ?? `${step.method ?? 'GET'} ${step.path ?? ''}`
    try {
      answers.push({ step: label, answer: await answerOf(step, subject) })
      if (subject.cluster && step.method !== undefined && changing.includes(step.method)) await settled(subject.cluster)
    } catch (error) {
      throw new Error(`${worker.kind}: "${each.name}", ${label}`, { cause: error })
    }
  }
  return answers
}

async function answerOf(step: Step, subject: Subject): Promise<Answer> {
  const ask = async (): Promise<Answer> => {
    const { look } = step
    const answer = look ? { status: 0, headers: {}, body: await look(subject) } : await answerTo(step, subject)
    return normalise(answer, step, subject)
  }
  const { until } = step
  if (!until) return ask()
  return eventually(
    async () => {
      const answer = await ask()
      if (!until(answer, subject)) throw new Error(JSON.stringify(answer))
      return answer
    },
    { timeoutMs: 30_000, what: 'what it waits for' },
  )
}

async function answerTo(step: Step, subject: Subject): Promise<Answer> {
  if (!subject.cluster) return send(step, subject)
  return eventually(
    async () => {
      const answer = await send(step, subject)
      if (answer.status >= 409 && comeBack.test(JSON.stringify(answer.body))) throw new Error(JSON.stringify(answer))
      return answer
    },
    { timeoutMs: 30_000, what: 'the end of a rebalance' },
  )
}

const fill = (text: string, { name, dir }: Subject): string => text.replaceAll('{p}', name).replaceAll('{dir}', dir)

/** Node's own client: `fetch` refuses and adds headers by itself. */
function send(step: Step, subject: Subject): Promise<Answer> {
  const { method = 'GET', path = '/', body, headers = {}, on, headersToo = [] } = step
  const url = on === 'admin' ? subject.adminUrl : subject.url
  const text = body === undefined ? undefined : fill(typeof body === 'string' ? body : JSON.stringify(body), subject)
  const given = { accept: '*/*', ...(text !== undefined && { 'content-type': 'application/json' }), ...headers }
  const sent = Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === null ? [] : [[key, fill(value, subject)]])),
  )
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${fill(path, subject)}`, { method, headers: sent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            [...comparedHeaders, ...headersToo].flatMap((key) =>
              response.headers[key] ? [[key, String(response.headers[key])]] : [],
            ),
          ),
          body: parsed(Buffer.concat(chunks).toString()),
        }),
      )
    })
    request.once('error', reject)
    request.end(text)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // HTML, plain text or nothing: compared as it is.
    return text
  }
}

function normalise({ status, headers, body }: Answer, step: Step, subject: Subject): Answer {
  const hosts = (subject.cluster ?? [subject.url]).map((url) => new URL(url).host)
  const neutral = (text: string): string =>
    hosts
      .reduce((told, host) => told.replaceAll(host, '{worker}'), text)
      .replaceAll(subject.dir, '{dir}')
      .replaceAll(subject.name, '{p}')
  const walk = (value: unknown, key = ''): unknown => {
    if (key === 'trace') return '{trace}'
    if (key === 'commit') return '{commit}'
    if (key === 'documentation') return value === '' ? '' : '{text}'
    if (key === 'last_modified' && typeof value === 'number') return '{ms}'
    if (typeof value === 'string') return neutral(value)
    if (Array.isArray(value)) return value.map((item) => walk(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [neutral(name), walk(item, name)]))
  }
  const told = walk(body)
  const isError = typeof told === 'object' && told !== null && 'error_code' in told
  const compared = isError && !step.message ? { ...told, message: '{message}' } : told
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, neutral(value)])),
    body: step.pick ? step.pick(compared) : compared,
  }
}
