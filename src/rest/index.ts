export { createRest, type RestOptions } from './create-rest.ts'
export { routes } from './routes/index.ts'
export { startRest } from './start-rest.ts'
