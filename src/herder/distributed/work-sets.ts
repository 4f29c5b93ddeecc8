import type { Work } from './connect-protocol.ts'

/** Work as sets of names in the order in which they were added; a task's name is its connector's with its number. */
export interface WorkSets {
  readonly connectors: Set<string>
  readonly tasks: Set<string>
}

export const kinds = ['connectors', 'tasks'] as const
export type Kind = (typeof kinds)[number]

type Task = Work['tasks'][number]
const keyOf = ({ connector, task }: Task): string => `${task}:${connector}`

function taskOf(key: string): Task {
  const colon = key.indexOf(':')
  return { connector: key.slice(colon + 1), task: Number(key.slice(0, colon)) }
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byTask = (a: Task, b: Task): number => byName(a.connector, b.connector) || a.task - b.task

/** Sorted, so that the same input leads to the same decision. */
export const toSets = (work: Work): WorkSets => ({
  connectors: new Set(work.connectors.toSorted(byName)),
  tasks: new Set(work.tasks.toSorted(byTask).map(keyOf)),
})

export const toWork = (sets: WorkSets): Work => ({
  connectors: [...sets.connectors].toSorted(byName),
  tasks: [...sets.tasks].map(taskOf).toSorted(byTask),
})

export const noWork = (): WorkSets => ({ connectors: new Set(), tasks: new Set() })

export const isIdle = (work: WorkSets): boolean => work.connectors.size + work.tasks.size === 0

export function union(...parts: readonly WorkSets[]): WorkSets {
  const all = noWork()
  for (const part of parts) add(all, part)
  return all
}

export function add(to: WorkSets, what: WorkSets): void {
  for (const kind of kinds) for (const each of what[kind]) to[kind].add(each)
}

const pick = (work: WorkSets, is: (kind: Kind, name: string) => boolean): WorkSets => ({
  connectors: new Set([...work.connectors].filter((each) => is('connectors', each))),
  tasks: new Set([...work.tasks].filter((each) => is('tasks', each))),
})

export const without = (work: WorkSets, ...others: readonly WorkSets[]): WorkSets =>
  pick(work, (kind, each) => !others.some((other) => other[kind].has(each)))

export const shared = (work: WorkSets, other: WorkSets): WorkSets => pick(work, (kind, each) => other[kind].has(each))
