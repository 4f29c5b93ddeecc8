import type { Logger } from '#api'
import type { ConfigChange, ConfigState, ConfigStore } from '../../storage/index.ts'
import { sameProps } from '../connector-props.ts'
import type { RestartOptions } from '../herder.ts'
import type { LogLevels } from '../loggers.ts'
import type { Work } from './connect-protocol.ts'
import type { LocalWork } from './local-work.ts'
import type { States } from './states.ts'

export interface ConfigChangesOptions {
  readonly store: Pick<ConfigStore, 'state' | 'onChange'>
  readonly states: Pick<States, 'restartPlan'>
  readonly work: Pick<LocalWork, 'restartConnector' | 'restartTask'>
  readonly levels: LogLevels
  readonly log: Logger
  /** What is this worker's. */
  readonly mine: () => Work
  readonly align: () => Promise<void>
  /** The key that workers sign with is another. */
  readonly keyChanged: () => void
  /** What runs here of it has ended. */
  readonly removed: (name: string) => void
  /** After each change. */
  readonly changed: () => void
}

/** Follows the config topic: whatever any worker has written there reaches this one here. */
export function followConfig(options: ConfigChangesOptions): void {
  const { store, states, work, levels, log, mine, align } = options
  let seen: ConfigState = store.state()

  const report = (doing: Promise<unknown>, name: string, what: string): void =>
    void doing.catch((error: unknown) => log.error({ connector: name, error }, what))

  /** The connector begins anew although its configuration reads as before: whoever wrote it wants that. */
  function configured(name: string, former: ConfigState, present: ConfigState): void {
    const [before, after] = [former.connectors.get(name), present.connectors.get(name)]
    const isSame = before && after && sameProps(before.config, after.config)
    if (isSame && mine().connectors.includes(name))
      report(work.restartConnector(name), name, 'connector could not be restarted')
    void align()
  }

  async function restart(name: string, how: RestartOptions): Promise<void> {
    const plan = states.restartPlan(name, how)
    if (!plan) return log.debug({ connector: name }, 'nothing of the connector restarts: it has no status')
    const { connectors, tasks } = mine()
    const chosen = plan.tasks.filter(
      ({ id, state }) =>
        state === 'RESTARTING' && tasks.some(({ connector, task }) => connector === name && task === id),
    )
    const withConnector = plan.connector.state === 'RESTARTING' && connectors.includes(name)
    await Promise.all([
      withConnector && work.restartConnector(name),
      ...chosen.map(({ id }) => work.restartTask({ connector: name, task: id })),
    ])
  }

  function follow(change: ConfigChange, former: ConfigState, present: ConfigState): void {
    switch (change.kind) {
      case 'connector-config':
        return configured(change.name, former, present)
      case 'connector-removed':
        return report(
          align().then(() => options.removed(change.name)),
          change.name,
          'connector could not be forgotten',
        )
      case 'tasks':
      case 'target-state':
        return void align()
      case 'task-count':
        return
      case 'session-key':
        return options.keyChanged()
      case 'restart':
        return report(restart(change.name, change), change.name, 'connector could not be restarted')
      case 'logger':
        if (levels.isLevel(change.level)) levels.set(change.namespace, change.level)
        else log.warn({ logger: change.namespace, level: change.level }, 'an unknown log level is passed over')
    }
  }

  store.onChange((change) => {
    const former = seen
    seen = store.state()
    follow(change, former, seen)
    options.changed()
  })
}
