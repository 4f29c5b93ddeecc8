export type { TopicTrackingSettings } from './active-topics.ts'
export { createDeclarations } from './declarations.ts'
export type * from './herder.ts'
export { ElsewhereError } from './herder.ts'
export type { LogLevels } from './loggers.ts'
export {
  createStandaloneHerder,
  type PreviewDeclaration,
  type StandaloneHerder,
  type StandaloneHerderOptions,
} from './standalone-herder.ts'
