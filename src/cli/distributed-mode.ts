import type { GatewayPort } from '#api'
import { clientPropsOf, type DistributedConfig } from '../config/index.ts'
import { createDistributedHerder, type DistributedHerder } from '../herder/index.ts'
import { isHopeless, previewDeclaration } from '../runtime/index.ts'
import {
  ensureInternalTopics,
  type InternalTopic,
  openConfigStore,
  openStatusStore,
  openTopicOffsetStore,
} from '../storage/index.ts'
import { createClosers } from '../util/closers.ts'
import { retry } from '../util/retry.ts'
import type { WorkerMode, WorkerParts } from './worker-mode.ts'

const backoff = { initialMs: 200, maxMs: 5000, jitter: 0.5 }

/** One worker of a cluster: its state in Kafka's topics, its work decided by the leader. */
export function distributedMode(
  parts: WorkerParts,
  settings: DistributedConfig,
  gateway: GatewayPort | undefined,
): WorkerMode {
  const { log, closers } = parts
  let herder: DistributedHerder | undefined

  closers.add('connectors', () => herder?.stop())
  return {
    herder: () => herder,
    peers: () => herder?.peers,
    async begin(signal) {
      let isTold = false
      const again = (error: unknown): boolean => {
        if (isHopeless(error)) return false
        if (!isTold) log.warn({ error }, 'the topics of the cluster cannot be read yet, which is tried until they can')
        isTold = true
        return true
      }
      const made = await retry(() => openHerder(parts, settings, gateway), {
        clock: parts.deps.clock,
        signal,
        backoff,
        again,
      })
      herder = made
      // Whoever ended the start did not wait for it.
      if (signal.aborted) await made.stop()
      signal.throwIfAborted()
      made.start()
      await made.joined(signal)
    },
    waitsFor() {
      if (!herder) return 'The topics of the cluster are being read.'
      return herder.ready() ? undefined : 'The worker is joining its cluster.'
    },
    lacks: () =>
      herder?.isMember()
        ? undefined
        : 'The worker is out of its cluster, or cannot reach the coordinator of its group.',
  }
}

/** Makes the topics that are missing, reads all three to their ends, and makes the herder over them; leaves nothing open when it rejects. */
async function openHerder(
  { config, deps, levels, url, version, commit, peers }: WorkerParts,
  settings: DistributedConfig,
  gateway: GatewayPort | undefined,
): Promise<DistributedHerder> {
  const { kafka, clock, log } = deps
  const props = clientPropsOf(config.props)
  const store = { kafka, clock, log, props, clientId: `connect-${settings['group.id']}` }
  await ensureInternalTopics(topicsOf(settings), { kafka, log, clock })
  const opened = createClosers(log)
  const keep = <T extends { close(): Promise<void> }>(what: string, made: T): T => {
    opened.add(what, () => made.close())
    return made
  }
  const committedOnly = settings['exactly.once.source.support'] !== 'disabled'
  try {
    const opening = [
      openTopicOffsetStore({ ...store, topic: settings['offset.storage.topic'], committedOnly }).then((made) =>
        keep('offsets', made),
      ),
      openStatusStore({ ...store, topic: settings['status.storage.topic'] }).then((made) => keep('statuses', made)),
      openConfigStore({
        ...store,
        topic: settings['config.storage.topic'],
        groupId: settings['group.id'],
      }).then((made) => keep('configs', made)),
    ] as const
    // What is opened after another one failed is to be closed, too.
    await Promise.allSettled(opening)
    const [offsets, statuses, configs] = await Promise.all(opening)
    return createDistributedHerder({
      deps: { ...deps, gateway, offsets },
      config: configs,
      statuses,
      settings: { ...settings, ...config.config },
      levels,
      preview: previewDeclaration,
      url: url(),
      peers,
      version,
      commit,
    })
  } catch (error) {
    await opened.closeAll()
    throw error
  }
}

const topicsOf = (settings: DistributedConfig): readonly InternalTopic[] => [
  {
    use: 'config',
    topic: settings['config.storage.topic'],
    partitions: 1,
    replicationFactor: settings['config.storage.replication.factor'],
    settings: settings.topicConfigs.config,
  },
  {
    use: 'offset',
    topic: settings['offset.storage.topic'],
    partitions: settings['offset.storage.partitions'],
    replicationFactor: settings['offset.storage.replication.factor'],
    settings: settings.topicConfigs.offset,
  },
  {
    use: 'status',
    topic: settings['status.storage.topic'],
    partitions: settings['status.storage.partitions'],
    replicationFactor: settings['status.storage.replication.factor'],
    settings: settings.topicConfigs.status,
  },
]
