import type { ConfigState, StatusStore } from '../../storage/index.ts'

/** Of the leader, after a rebalance: what is configured no longer has no status. Whoever ran it has said its last word by then. */
export function forgetRemoved({ connectors }: ConfigState, statuses: StatusStore): void {
  for (const name of statuses.connectors()) {
    const entry = connectors.get(name)
    if (!entry) {
      statuses.putConnector(name, undefined)
      // A task that did not know yet may have told one after the leader had forgotten them.
      statuses.removeTopics(name)
    }
    const count = entry?.tasks.length ?? 0
    for (const task of statuses.tasks(name).keys()) if (task >= count) statuses.putTask(name, task, undefined)
  }
}
