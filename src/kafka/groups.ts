import { BadRequestError, ConflictError, ConnectError, type TopicPartition, type TopicPartitionOffset } from '#api'
import type { Asker } from './asker.ts'
import type { Broker, Cluster } from './internals.ts'
import { offsetDelete } from './offset-delete.ts'
import { groupBy, partitionId } from './partition-map.ts'

type Wanted = TopicPartition & { readonly offset: bigint | null }

/** A commit without membership, as tools do it: lag shows in Kafka, and no rebalance is caused. */
export async function commitAlone(
  cluster: Cluster,
  groupId: string,
  offsets: readonly TopicPartitionOffset[],
): Promise<void> {
  if (offsets.length === 0) return
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  const topics = groupBy(offsets, ({ topic }) => topic)
  await coordinator.offsetCommit({
    groupId,
    groupGenerationId: -1,
    memberId: '',
    retentionTime: -1,
    topics: [...topics].map(([topic, group]) => ({
      topic,
      partitions: group.map(({ partition, offset }) => ({ partition, offset: String(offset), metadata: null })),
    })),
  })
}

/** Sets and forgets offsets of a group that has no members. All is checked before the first change. */
export async function alterOffsets(asker: Asker, groupId: string, offsets: readonly Wanted[]): Promise<void> {
  await checkOffsets(asker, groupId, offsets)
  await refuseMembers(asker, groupId)
  const kept = offsets.flatMap(({ offset, ...partition }) => (offset === null ? [] : { ...partition, offset }))
  try {
    await asker.cluster([], async (cluster) => {
      await commitAlone(cluster, groupId, kept)
      await forget(await cluster.findGroupCoordinator({ groupId }), groupId, offsets)
    })
  } catch (error) {
    throw isOfMembers(error) ? hasMembers(groupId, error) : error
  }
}

export async function deleteGroup(asker: Asker, groupId: string): Promise<void> {
  try {
    await asker.admin((client) => client.deleteGroups([groupId]))
  } catch (error) {
    const types = groupErrorTypes(error)
    if (types.includes('GROUP_ID_NOT_FOUND')) return
    throw types.includes('NON_EMPTY_GROUP') ? hasMembers(groupId, error) : error
  }
}

async function checkOffsets(asker: Asker, groupId: string, offsets: readonly Wanted[]): Promise<void> {
  const topics = [...new Set(offsets.map(({ topic }) => topic))]
  const existing = new Set(await asker.listTopics())
  const held = new Set((await asker.bounds(topics.filter((topic) => existing.has(topic)))).map(partitionId))
  const errors = offsets.flatMap((each) => {
    if (!existing.has(each.topic)) return `topic ${each.topic} does not exist`
    if (!held.has(partitionId(each))) return `topic ${each.topic} has no partition ${each.partition}`
    return each.offset !== null && each.offset < 0n ? `offset ${each.offset} of ${partitionId(each)} is negative` : []
  })
  if (errors.length === 0) return
  const message = `The offsets of group ${groupId} were not changed: ${[...new Set(errors)].join('; ')}.`
  throw new BadRequestError(message, { context: { errors } })
}

async function refuseMembers(asker: Asker, groupId: string): Promise<void> {
  const { groups } = await asker.admin((client) => client.describeGroups([groupId]))
  const [group] = groups
  if (group && group.members.length > 0) throw hasMembers(groupId, undefined, group.members.length)
}

const hasMembers = (groupId: string, cause: unknown, count?: number): ConflictError =>
  new ConflictError(
    `Group ${groupId} has ${count ?? 'still'} ${count === 1 ? 'member' : 'members'}: its offsets can be changed once all have left, that is when the connector has stopped.`,
    { cause },
  )

async function forget(coordinator: Broker, groupId: string, offsets: readonly Wanted[]): Promise<void> {
  const unwanted = offsets.filter(({ offset }) => offset === null)
  if (unwanted.length === 0) return
  const { errorCode, failed } = await coordinator.connectionPool.send(offsetDelete(groupId, unwanted))
  // 69: there is no such group, so nothing to forget.
  if (errorCode === 69) return
  if (errorCode === 68 || failed.some((each) => each.errorCode === 86)) throw hasMembers(groupId, undefined)
  if (errorCode !== 0 || failed.length > 0) {
    const which = failed.map((each) => `${partitionId(each)} (error ${each.errorCode})`).join(', ')
    throw new ConnectError(`Kafka did not forget the offsets of group ${groupId}: ${which || `error ${errorCode}`}.`)
  }
}

/** A commit from outside is refused so while the group has members. */
const isOfMembers = (error: unknown): boolean =>
  error instanceof Error &&
  'type' in error &&
  ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'].includes(String(error.type))

function groupErrorTypes(error: unknown): readonly string[] {
  const groups = error instanceof Error && 'groups' in error ? error.groups : undefined
  if (!Array.isArray(groups)) return []
  return groups.flatMap((group: { readonly error?: { readonly type?: string } }) => group.error?.type ?? [])
}
