export { createRest, type RestOptions } from './create-rest.ts'
export { routes } from './routes/index.ts'
export { type RestServer, type StartRestOptions, startRest } from './start-rest.ts'
