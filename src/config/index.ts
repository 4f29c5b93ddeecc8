export { type ConfigResolver, createConfigResolver, type ResolverOptions } from './config-resolver.ts'
export { type ConnectorDeclaration, connectorFiles, readConnectorFile } from './connector-file.ts'
export { parseProperties } from './properties.ts'
export { type FileContent, readConfigFile } from './read-file.ts'
export { type ListenerTls, type RestSettings, readRestSettings } from './rest-settings.ts'
export { openUsers } from './rest-users.ts'
export { envName, settingDocs } from './setting-keys.ts'
export type {
  GateLinkSettings,
  GateMetricsSettings,
  GatewaySettings,
  LinkKeyFiles,
  Settings,
  WorkerLinkSettings,
} from './settings.ts'
export { clientPropsOf, workerClientConfig } from './worker-client-keys.ts'
export { loadWorkerConfig, type WorkerConfig } from './worker-config.ts'
export type { DistributedConfig } from './worker-distributed.ts'
export { distributedConfig } from './worker-distributed-keys.ts'
export { workerConfig } from './worker-keys.ts'
