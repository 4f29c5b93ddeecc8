import { Type } from 'typebox'
import { connectorType, map, ref, strict, textOrNull } from './schemas-parts.ts'

const taskNumber = Type.Integer({ minimum: 0 })
const state = Type.Enum(['UNASSIGNED', 'RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'RESTARTING'])
const instance = {
  state,
  worker_id: Type.String({ description: 'Host and port of the worker that runs it.' }),
  trace: Type.Optional(Type.String({ description: 'The stack of what failed it, causes included.' })),
  version: Type.Optional(textOrNull),
}
const facts = (description: string) =>
  Type.Optional(map(Type.Union([Type.String(), Type.Number(), Type.Boolean()]), description))
const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])
const anyObject = map(Type.Unknown())

/** Of connectors, their tasks and offsets. */
export const connectorSchemas = {
  Properties: map(
    scalar,
    'A flat map of properties. Numbers and booleans become strings, exactly as they are written.',
  ),
  CreateConnector: Type.Object(
    {
      name: Type.Optional(Type.String({ description: 'Unless `config` has it.' })),
      config: ref('Properties'),
      initial_state: Type.Optional(
        Type.String({ description: '`RUNNING` (the default), `PAUSED` or `STOPPED`, in any case.' }),
      ),
    },
    { ...strict, description: 'A new connector.' },
  ),
  TaskId: Type.Object({ connector: Type.String(), task: taskNumber }, strict),
  ConnectorConfig: map(Type.String(), 'The configuration as it was written, placeholders included, with `name`.'),
  ConnectorInfo: Type.Object(
    {
      name: Type.String(),
      config: ref('ConnectorConfig'),
      tasks: Type.Array(ref('TaskId')),
      type: connectorType,
    },
    { ...strict, description: 'What a connector is.' },
  ),
  TaskInfo: Type.Object({ id: ref('TaskId'), config: map(textOrNull) }, strict),
  TaskStatus: Type.Object(
    {
      id: taskNumber,
      ...instance,
      facts: facts('What the task says of itself, such as its delivery guarantee. Not Kafka Connect’s.'),
    },
    strict,
  ),
  ConnectorStatus: Type.Object(
    {
      name: Type.String(),
      connector: Type.Object(instance, strict),
      tasks: Type.Array(ref('TaskStatus')),
      type: connectorType,
    },
    { ...strict, description: 'How a connector is.' },
  ),
  ConnectorHealth: Type.Object(
    {
      status: Type.Enum(['healthy', 'degraded', 'unhealthy', 'paused', 'stopped']),
      message: Type.String({ description: 'One sentence for a person.' }),
      tasks: Type.Object({ running: taskNumber, failed: taskNumber, paused: taskNumber, other: taskNumber }, strict),
      restarts: Type.Object(
        {
          count: taskNumber,
          nextAt: Type.Union([Type.Number(), Type.Null()], { description: 'Milliseconds since the epoch.' }),
        },
        { ...strict, description: 'Of `errors.restart.*`.' },
      ),
    },
    { ...strict, description: 'What the states of a connector and its tasks amount to.' },
  ),
  Reader: Type.Object(
    {
      state: Type.Enum(['RUNNING', 'PAUSED', 'FAILED', 'UNASSIGNED']),
      worker_id: instance.worker_id,
      trace: instance.trace,
      numbered: Type.Boolean({ description: 'Whether it has the connector’s numbered task, and with it the commits.' }),
      facts: facts('What the reader says of itself.'),
    },
    { ...strict, description: 'A reader of a sink that runs on every worker.' },
  ),
  Expanded: map(
    Type.Object({ status: Type.Optional(ref('ConnectorStatus')), info: Type.Optional(ref('ConnectorInfo')) }, strict),
  ),
  ActiveTopics: map(
    Type.Object({ topics: Type.Array(Type.String()) }, strict),
    'The topics that the one connector has used.',
  ),
  Offsets: Type.Object(
    {
      offsets: Type.Array(Type.Object({ partition: anyObject, offset: Type.Union([anyObject, Type.Null()]) }, strict)),
    },
    {
      ...strict,
      description:
        'How far a connector has come. A sink’s partition is `{kafka_topic, kafka_partition}`, its offset `{kafka_offset}`; a source’s are its own.',
    },
  ),
  AlterOffsets: Type.Object(
    {
      offsets: Type.Array(
        Type.Object({ partition: anyObject, offset: Type.Optional(Type.Union([anyObject, Type.Null()])) }, strict),
        { minItems: 1 },
      ),
    },
    { ...strict, description: 'Where to continue; `null` or no offset forgets the partition.' },
  ),
  Message: Type.Object({ message: Type.String() }, strict),
} as const
