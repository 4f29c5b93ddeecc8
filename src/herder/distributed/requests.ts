import { AlreadyExistsError, BadRequestError, NotFoundError } from '#api'
import type { ConfigStore, RawConfig } from '../../storage/index.ts'
import { patched, withoutNulls } from '../connector-props.ts'
import type { Declarations } from '../declarations.ts'
import type { Herder, InternalRequests, TargetState } from '../herder.ts'
import { checkGiven } from '../offsets.ts'
import type { InTurn } from '../serialize.ts'
import type { Claims } from './claims.ts'
import { isChanged } from './cluster-calls.ts'
import type { ClusterOffsets } from './cluster-offsets.ts'
import type { LocalWork } from './local-work.ts'
import type { States } from './states.ts'
import type { Turns } from './turns.ts'

export interface RequestsOptions {
  readonly store: ConfigStore
  readonly states: States
  readonly declarations: Declarations
  readonly claims: Pick<Claims, 'write'>
  readonly turns: Pick<Turns, 'lead' | 'own' | 'whenSettled'>
  readonly work: Pick<LocalWork, 'restartConnector' | 'restartTask'>
  readonly offsets: ClusterOffsets
  readonly fence: (name: string) => Promise<void>
  /** One change of a connector at a time; the others are not held up. */
  readonly inTurn: (name: string) => InTurn
}

export interface Requests {
  readonly requests: Pick<
    Herder,
    | 'putConnector'
    | 'patchConnector'
    | 'deleteConnector'
    | 'setTargetState'
    | 'restartConnector'
    | 'restartTask'
    | 'alterOffsets'
    | 'resetOffsets'
  >
  /** What owners of connectors and tasks ask of the leader. */
  readonly ofLeader: Pick<InternalRequests, 'putTasks' | 'fence'>
}

/** How long (ms) the config topic may take to be read to its end. */
const readOnMs = 10_000

/** What changes something in the cluster, and who may do it: mostly the leader alone. */
export function createRequests(options: RequestsOptions): Requests {
  const { store, states, declarations, claims, turns, work, offsets, inTurn } = options

  function known(name: string, complaint = `Connector ${name} not found`) {
    const found = store.state().connectors.get(name)
    if (!found) throw new NotFoundError(complaint)
    return found
  }

  async function write(name: string, config: RawConfig, target: TargetState | undefined) {
    await claims.write(() => store.putConnector(name, config, target))
    return states.info(name)
  }

  /** Not during a rebalance, which ends tasks that are still there. */
  async function modifyOffsets(name: string, change: () => Promise<string>): Promise<string> {
    await turns.whenSettled(() => undefined)
    await turns.lead('Only the leader can process external offsets modification requests')
    return inTurn(name)(change)
  }

  const requests: Requests['requests'] = {
    async putConnector(name, props, { replace, initialState }) {
      const { warnings } = await declarations.check({ ...props, name })
      await turns.lead('Only the leader can set connector configs.')
      return inTurn(name)(async () => {
        const isKnown = store.state().connectors.has(name)
        if (isKnown && !replace) throw new AlreadyExistsError(`Connector ${name} already exists`)
        const info = await write(name, { ...withoutNulls(props), name }, isKnown ? undefined : initialState)
        return { created: !isKnown, info, warnings }
      })
    },
    async patchConnector(name, patch) {
      await turns.lead('Only the leader can set connector configs.')
      return inTurn(name)(async () => {
        const config = { ...patched(name, known(name).config, patch), name }
        const { warnings } = await declarations.check(config)
        return { info: await write(name, config, undefined), warnings }
      })
    },
    async deleteConnector(name) {
      await turns.lead('Only the leader can delete connector configs.')
      await inTurn(name)(async () => {
        known(name)
        await claims.write(() => store.removeConnector(name))
      })
    },
    async setTargetState(name, state) {
      known(name, `Unknown connector ${name}`)
      if (state !== 'STOPPED') return inTurn(name)(() => store.putTarget(name, state))
      await turns.lead('Only the leader can transition connectors to the STOPPED state.')
      return inTurn(name)(() => claims.write(() => store.putStopped(name)))
    },
    async restartConnector(name, how) {
      known(name, `Unknown connector: ${name}`)
      const onlyLeader = 'Only the leader can process restart requests.'
      if (how.includeTasks || how.onlyFailed) {
        await turns.lead(onlyLeader)
        const plan = states.restartPlan(name, how)
        if (!plan) throw new NotFoundError(`Status for connector ${name} not found`)
        await inTurn(name)(() => claims.write(() => store.putRestart(name, how)))
        return plan
      }
      const notHere = 'Cannot restart connector since it is not assigned to this member'
      await turns.own(name, { leader: notHere, other: onlyLeader })
      await inTurn(name)(() => work.restartConnector(name))
      return states.stateSoFar(name)
    },
    async restartTask(id) {
      const { connector: name, task } = id
      known(name, `Unknown connector: ${name}`)
      if (!states.tasks(name)[task]) throw new NotFoundError(`Unknown task: ${name}-${task}`)
      const notHere = 'Cannot restart task since it is not assigned to this member'
      await turns.own(id, { leader: notHere, other: notHere })
      await inTurn(name)(() => work.restartTask(id))
    },
    alterOffsets: async (name, given) => {
      checkGiven(given)
      return modifyOffsets(name, () => offsets.alter(name, given))
    },
    resetOffsets: (name) => modifyOffsets(name, () => offsets.reset(name)),
  }

  const ofLeader: Requests['ofLeader'] = {
    async putTasks(name, configs) {
      await turns.lead('Only the leader may write task configurations.')
      await inTurn(name)(async () => {
        const found = store.state().connectors.get(name)
        const isRefused = !found || (configs.length > 0 && found.target === 'STOPPED')
        // Who asks may have read on: any worker resumes a connector, and its owner may hear of it first.
        if (isRefused) await store.refresh(readOnMs)
        const entry = known(name)
        if (configs.length > 0 && entry.target === 'STOPPED')
          throw new BadRequestError(`Cannot submit non-empty set of task configs for stopped connector ${name}`)
        if (isChanged(entry, configs)) await claims.write(() => store.putTasks(name, configs))
      })
    },
    async fence(name) {
      await turns.lead('Only the leader may perform zombie fencing.')
      await options.fence(name)
    },
  }

  return { requests, ofLeader }
}
