import type { SinkConnector, SourceConnector } from '#api'
import { fileStreamSink } from './file/sink.ts'
import { fileStreamSource } from './file/source.ts'
import { webhookSink } from './webhook/sink.ts'
import { webSocketClientSink } from './websocket/client-sink.ts'
import { webSocketClientSource } from './websocket/client-source.ts'
import { webSocketServerSink } from './websocket/server-sink.ts'
import { webSocketServerSource } from './websocket/server-source.ts'

/** The connectors that come with the worker; `plugins` finds them by name. */
export const connectors: readonly (SinkConnector | SourceConnector)[] = [
  fileStreamSink,
  fileStreamSource,
  webhookSink,
  webSocketClientSink,
  webSocketClientSource,
  webSocketServerSink,
  webSocketServerSource,
]
