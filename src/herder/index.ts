export type { TopicTrackingSettings } from './active-topics.ts'
export { createDeclarations } from './declarations.ts'
export {
  createDistributedHerder,
  type DistributedHerder,
  type DistributedHerderOptions,
  type DistributedHerderSettings,
} from './distributed/distributed-herder.ts'
export type { WorkerPeers } from './distributed/peers.ts'
export { StartingError } from './distributed/session-keys.ts'
export { workerIdOf } from './distributed/worker-id.ts'
export type * from './herder.ts'
export { ElsewhereError } from './herder.ts'
export type { LogLevels } from './loggers.ts'
export { createStandaloneHerder, type StandaloneHerder, type StandaloneHerderOptions } from './standalone-herder.ts'
export type { PreviewDeclaration } from './worker-answers.ts'
