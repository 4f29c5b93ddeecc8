import { setTimeout as sleep } from 'node:timers/promises'
import { pick, type SoakModel, type Wanted } from './soak-model.ts'
import type { Answered, SoakRequests } from './soak-requests.ts'

export interface SoakActorOptions {
  readonly model: SoakModel
  readonly requests: SoakRequests
  readonly random: () => number
  /** What may be created, with the number of tasks left open; no other actor touches these. */
  readonly declared: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Counts what was done. */
  readonly did: (action: string) => void
  readonly pauseMs: number
}

export interface SoakActor {
  /** One thing after the other at random until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
  /** Looks at what nobody knows; `model.certain()` tells all then. */
  look(): Promise<void>
  /** Deletes all. */
  clear(): Promise<void>
}

type Act = (name: string, wanted: Wanted) => Promise<void>

/** Somebody with tools: creates, changes and deletes connectors, and remembers what was answered. */
export function createSoakActor(options: SoakActorOptions): SoakActor {
  const { model, requests, random, declared, did } = options
  const names = [...declared.keys()]
  let changes = 0

  /** One request that leads to `after`; `accepted` are the statuses that say so. */
  async function change(
    name: string,
    after: Wanted | undefined,
    [method, path, body]: readonly [string, string, unknown?],
    accepted: (answer: Answered) => boolean = () => false,
  ): Promise<boolean> {
    const answer = await requests.send(method, `/connectors${path}`, body)
    if (!answer) model.maybe(name, after)
    else if (answer.status < 300 || accepted(answer)) model.is(name, after)
    else throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer)}`)
    return answer !== undefined
  }

  function configOf(name: string): Readonly<Record<string, string>> {
    const base = declared.get(name) ?? {}
    const tasks = base['connector.class'] === 'FileStreamSink' ? 1 + Math.floor(random() * 4) : 1
    return { ...base, name, 'tasks.max': String(tasks), 'errors.retry.timeout': String(changes++) }
  }

  async function create(name: string): Promise<void> {
    const config = configOf(name)
    if (random() < 0.5) {
      did('created by PUT')
      await change(name, { config, target: 'STARTED' }, ['PUT', `/${name}/config`, config])
      return
    }
    did('created by POST')
    const target = pick(random, ['STARTED', 'STARTED', 'PAUSED', 'STOPPED'] as const)
    const state = { RUNNING: 'STARTED', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const
    const initial = (['RUNNING', 'PAUSED', 'STOPPED'] as const).find((each) => state[each] === target)
    await change(
      name,
      { config, target },
      ['POST', '', { name, config, initial_state: initial }],
      ({ status, repeated }) => repeated && status === 409,
    )
  }

  const put = (what: string, target: Wanted['target']): Act => {
    return async (name, wanted) => {
      did(what)
      await change(name, { ...wanted, target }, ['PUT', `/${name}/${what}`])
    }
  }
  const [pause, resume, stop] = [put('pause', 'PAUSED'), put('resume', 'STARTED'), put('stop', 'STOPPED')]

  const reconfigure: Act = async (name, wanted) => {
    did('configuration replaced')
    const config = configOf(name)
    await change(name, { ...wanted, config }, ['PUT', `/${name}/config`, config])
  }

  const patch: Act = async (name, wanted) => {
    did('configuration patched')
    const some = { 'errors.retry.timeout': String(changes++) }
    await change(name, { ...wanted, config: { ...wanted.config, ...some } }, ['PATCH', `/${name}/config`, some])
  }

  /** Answered by whoever runs it; what nobody runs yet, or any more, is not there. */
  const restart: Act = async (name, wanted) => {
    const query = pick(random, ['', '?includeTasks=true', '?includeTasks=true&onlyFailed=true'])
    did(`restarted${query}`)
    await change(name, wanted, ['POST', `/${name}/restart${query}`], ({ status }) => status === 404)
  }

  const restartTask: Act = async (name, wanted) => {
    did('task restarted')
    await change(name, wanted, ['POST', `/${name}/tasks/0/restart`], ({ status }) => status === 404)
  }

  const remove: Act = async (name) => {
    did('deleted')
    await change(name, undefined, ['DELETE', `/${name}`], ({ status, repeated }) => repeated && status === 404)
  }

  /** Refused while its tasks end. */
  const reset: Act = async (name, wanted) => {
    if (declared.get(name)?.['connector.class'] === 'WebSocketServerSink') return
    did('offsets reset')
    if (wanted.target !== 'STOPPED') {
      if (!(await change(name, { ...wanted, target: 'STOPPED' }, ['PUT', `/${name}/stop`]))) return
    }
    await change(name, { ...wanted, target: 'STOPPED' }, ['DELETE', `/${name}/offsets`])
  }

  const setLogger = async (): Promise<void> => {
    did('logger set')
    const level = pick(random, ['INFO', 'DEBUG', 'WARN'])
    const answer = await requests.send('PUT', '/admin/loggers/org.example.soak?scope=cluster', { level })
    if (answer && answer.status >= 300) throw new Error(JSON.stringify(answer))
  }

  const acts: Readonly<Record<Wanted['target'], readonly Act[]>> = {
    STARTED: [pause, stop, reconfigure, reconfigure, patch, restart, restart, restartTask, remove, reset],
    PAUSED: [resume, resume, stop, patch, remove, restart],
    STOPPED: [resume, resume, resume, reconfigure, remove, reset],
  }

  /** What a worker tells that has read all: a write that nobody answered is over when this is. */
  async function settle(name: string): Promise<void> {
    const all = model.possible(name)
    if (all.length === 1) return
    did('looked what became of a lost answer')
    const config = await requests.send('GET', `/connectors/${name}/config`)
    const status = await requests.send('GET', `/connectors/${name}/status`)
    if (config?.status !== 200 || status?.status !== 200) {
      if (config?.status === 404 && all.includes(undefined)) await agree(name, undefined)
      return
    }
    const seen = (status.body as { readonly connector: { readonly state: string } }).connector.state
    const found = all.find(
      (each) =>
        each &&
        sameConfig(each.config, config.body) &&
        each.target === (seen === 'RUNNING' || seen === 'FAILED' ? 'STARTED' : seen),
    )
    if (found) await agree(name, found)
  }

  /** Asks for what was seen again: behind this, what nobody answered is over. */
  async function agree(name: string, wanted: Wanted | undefined): Promise<void> {
    const verb = { STARTED: 'resume', PAUSED: 'pause', STOPPED: 'stop' } as const
    const asked = wanted
      ? ([
          ['PUT', `/${name}/config`, wanted.config],
          ['PUT', `/${name}/${verb[wanted.target]}`],
        ] as const)
      : ([['DELETE', `/${name}`]] as const)
    for (const [method, path, body] of asked) {
      const answer = await requests.send(method, `/connectors${path}`, body)
      if (!answer) return
      if (answer.status >= 300 && answer.status !== 404) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    }
    model.is(name, wanted)
  }

  async function look(): Promise<void> {
    for (const name of names) while (model.possible(name).length > 1) await settle(name)
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        if (random() < 0.05) await setLogger()
        const name = pick(random, names)
        const [wanted, ...others] = model.possible(name)
        if (others.length > 0) await settle(name)
        else if (wanted) await pick(random, acts[wanted.target])(name, wanted)
        else await create(name)
        await sleep(random() * options.pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
    look,
    async clear() {
      await look()
      for (const name of names) {
        const [wanted] = model.possible(name)
        if (wanted) await remove(name, wanted)
      }
      await look()
    },
  }
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1

const sameConfig = (one: Readonly<Record<string, string>>, other: unknown): boolean =>
  typeof other === 'object' &&
  other !== null &&
  JSON.stringify(Object.entries(one).toSorted(byName)) === JSON.stringify(Object.entries(other).toSorted(byName))
