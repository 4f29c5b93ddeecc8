export * from './api/index.ts'
export { startWorker, type Worker, type WorkerOptions } from './cli/start-worker.ts'
