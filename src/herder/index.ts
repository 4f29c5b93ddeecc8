export type * from './herder.ts'
export { createStandaloneHerder, type StandaloneHerder } from './standalone-herder.ts'
