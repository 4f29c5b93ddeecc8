import type { ConfigState, ConnectorEntry } from '../../storage/index.ts'
import type { Work } from './connect-protocol.ts'
import type { DesiredWork } from './local-work.ts'

/** All that is to run in the cluster. A set of tasks that is not whole runs nowhere. */
export function configuredWork({ connectors }: ConfigState): Work {
  return {
    connectors: [...connectors.keys()],
    tasks: [...connectors].flatMap(([connector, entry]) => tasksOf(entry).map((_, task) => ({ connector, task }))),
  }
}

/** What of its work a worker runs, as the config topic has it now. */
export function desiredWork({ connectors, tasks }: Work, state: ConfigState): DesiredWork {
  const all = state.connectors
  return {
    all,
    connectors: new Map(
      connectors.flatMap((name): [string, ConnectorEntry][] => {
        const entry = all.get(name)
        return entry ? [[name, entry]] : []
      }),
    ),
    tasks: tasks.flatMap((id) => {
      const entry = all.get(id.connector)
      const props = entry && tasksOf(entry)[id.task]
      return entry && props ? [{ id, props, entry }] : []
    }),
  }
}

/** The tasks that may run. */
export const tasksOf = ({ inconsistent, tasks }: ConnectorEntry): ConnectorEntry['tasks'] => (inconsistent ? [] : tasks)

/** Whether a rebalance decided over the same connectors and tasks. */
export function isSameWork(a: Work, b: Work): boolean {
  const keys = keysOf(a)
  const others = keysOf(b)
  return keys.size === others.size && [...keys].every((key) => others.has(key))
}

const keysOf = ({ connectors, tasks }: Work): ReadonlySet<string> =>
  new Set([...connectors, ...tasks.map(({ connector, task }) => `${connector}\n${task}`)])
