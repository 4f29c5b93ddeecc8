import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Step, Subject } from './case.ts'

/** A connector that reads lines of a file into a topic of its own. */
export const lines = (more: Readonly<Record<string, unknown>> = {}) => ({
  'connector.class': 'FileStreamSource',
  file: '{dir}/in.txt',
  topic: '{p}',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  ...more,
})

/** A connector that appends the records of a topic to a file. */
export const intoFile = (more: Readonly<Record<string, unknown>> = {}) => ({
  'connector.class': 'FileStreamSink',
  file: '{dir}/out.txt',
  topics: '{p}',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  ...more,
})

export const create = (config: unknown, more: object = {}): Step => ({
  what: 'create',
  method: 'POST',
  path: '/connectors',
  body: { name: '{p}', config, ...more },
})

export const remove: Step = { what: 'delete', method: 'DELETE', path: '/connectors/{p}' }

interface Status {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string }[]
}

/** Without a task's version, which Java forgets when a task pauses before it ran, and its facts, which come when they come; other steps show them. */
const steady = (body: unknown): unknown => {
  if (typeof body !== 'object' || body === null || !('tasks' in body)) return body
  const tasks = body.tasks as readonly Readonly<Record<string, unknown>>[]
  return {
    ...body,
    tasks: tasks.map((task) =>
      Object.fromEntries(Object.entries(task).filter(([key]) => key !== 'version' && key !== 'facts')),
    ),
  }
}

/** The status once the connector is in a state with so many tasks in theirs. */
export const status = (state: string, taskStates: readonly string[], what = `status ${state}`): Step => ({
  what,
  path: '/connectors/{p}/status',
  pick: steady,
  until: ({ body }) => {
    const { connector, tasks } = body as Status
    return connector.state === state && JSON.stringify(tasks.map((task) => task.state)) === JSON.stringify(taskStates)
  },
})

export const running = (tasks = 1, what?: string): Step => status('RUNNING', Array<string>(tasks).fill('RUNNING'), what)

/** Writes the file that `lines` reads. */
export const feed =
  (text: string) =>
  async ({ dir }: Subject) =>
    writeFile(join(dir, 'in.txt'), text)

export const whenStatus = (code: number) => (answer: Answer) => answer.status === code

interface Offsets {
  readonly offsets: readonly { readonly offset: Readonly<Record<string, unknown>> }[]
}

/** The stored offsets once one of them has this value. */
export const offsets = (key: string, value: number, what = `offsets at ${value}`): Step => ({
  what,
  path: '/connectors/{p}/offsets',
  until: ({ body }) => (body as Offsets).offsets.some(({ offset }) => offset[key] === value),
})
