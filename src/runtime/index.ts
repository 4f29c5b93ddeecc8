export { sinkConfig, sourceConfig } from './connector-config.ts'
export { startTask, type TaskHandle } from './task-handle.ts'
export type { RuntimeSettings, WorkerDeps } from './task-run.ts'
export { refuseInvalid, type ValidatedKey, type Validation, validateDeclaration } from './validation.ts'
