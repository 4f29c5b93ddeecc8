import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { stackEnvironment, startEphemeralStack } from '../../src/stack/index.ts'
import { systemClock } from '../../src/util/clock.ts'

// A program for a test to kill: it starts a stack, says so, and holds it.
const settings = { ...stackEnvironment(process.env, homedir()), clock: systemClock, progress: () => undefined }
const { dir } = await startEphemeralStack(settings)
process.stdout.write(`${JSON.stringify({ pid: process.pid, dir })}\n`)
await sleep(600_000)
