import { type TSchema, Type } from 'typebox'
import { connectorSchemas } from './schemas-connectors.ts'
import { gatewaySchemas } from './schemas-gateway.ts'
import { strict } from './schemas-parts.ts'
import { pluginSchemas } from './schemas-plugins.ts'

/** What requests and answers look like, by the name that OpenAPI gives them. */
export const components = {
  ErrorBody: Type.Object(
    {
      error_code: Type.Integer({ description: 'The HTTP status.' }),
      message: Type.String(),
    },
    { ...strict, description: 'Why a request was refused.' },
  ),
  ServerInfo: Type.Object(
    { version: Type.String(), commit: Type.String(), kafka_cluster_id: Type.String() },
    { ...strict, description: 'This worker and its Kafka cluster.' },
  ),
  WorkerHealth: Type.Object(
    { status: Type.Enum(['healthy', 'starting', 'unhealthy']), message: Type.String() },
    { ...strict, description: 'Whether the worker has started and answers.' },
  ),
  WorkerReadiness: Type.Object(
    { ready: Type.Boolean(), reason: Type.String({ description: 'One sentence for a person.' }) },
    { ...strict, description: 'Whether clients should be sent to the worker.' },
  ),
  LoggerLevel: Type.Object(
    {
      level: Type.String({ description: '`TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL` or `OFF`.' }),
      last_modified: Type.Union([Type.Integer(), Type.Null()], { description: 'Milliseconds since the epoch.' }),
    },
    { ...strict, description: 'How much a logger says.' },
  ),
  SetLogger: Type.Object({ level: Type.String() }, { description: 'Other members are ignored.' }),
  ...connectorSchemas,
  ...pluginSchemas,
  ...gatewaySchemas,
} as const satisfies Readonly<Record<string, TSchema>>
