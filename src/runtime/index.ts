export {
  type AutoRestart,
  createAutoRestart,
  type RestartConfig,
  type RestartStatus,
  restartConfig,
} from './auto-restart.ts'
export { clientProps, sinkGroupId } from './client-props.ts'
export { frameworkConfig, sinkConfig, sourceConfig } from './connector-config.ts'
export { type ConnectorOffsetsDeps, openConnectorOffsets } from './connector-offsets.ts'
export { type ConnectorRun, connectorPlugin, openConnector, TooManyTasksError } from './connector-run.ts'
export { isHopeless } from './hopeless.ts'
export { isEveryWorker, lanesOf } from './lanes.ts'
export type { MeteredTask, RuntimeMetrics, TaskMetrics } from './metrics.ts'
export { noMetrics } from './metrics.ts'
export type { Peers } from './peers.ts'
export type { Preview, PreviewedRecord, PreviewOptions, PreviewStage } from './preview.ts'
export { previewDeclaration } from './preview.ts'
export { createRedact, type Redact, redactResolved } from './redact.ts'
export { startTask, type TaskHandle, type TaskSpec } from './task-handle.ts'
export type {
  ActiveTopics,
  ConfigResolver,
  ExactlyOnceTask,
  ResolvedConfig,
  RuntimeSettings,
  WorkerDeps,
} from './task-run.ts'
export { refuseInvalid, type ValidatedKey, type Validation, validateDeclaration } from './validation.ts'
export { validateConverters } from './validation-converters.ts'
