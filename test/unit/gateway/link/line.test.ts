import { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { makeFrame } from '../../../../src/gateway/link/framing.ts'
import { type Line, openLine } from '../../../../src/gateway/link/line.ts'
import { LinkError } from '../../../../src/gateway/link/link-error.ts'
import { systemClock } from '../../../../src/util/clock.ts'
import { settle, silent } from '../harness.ts'

const lines: Line[] = []
afterEach(() => {
  for (const line of lines.splice(0)) line.close(new LinkError('The test ends.'))
})
const maxQueuedBytes = 1_048_576
const nothing = Buffer.alloc(0)

/** A line to an end that says a lot and reads nothing. */
function deaf() {
  const duplex = new Duplex({ read() {}, write() {} })
  let reason = ''
  const line = openLine({
    duplex,
    limits: { maxQueuedBytes, heartbeatMs: 5000 },
    clock: systemClock,
    log: silent,
    onMessage() {},
    onFrame() {},
    onClosed: (error) => (reason = error.message),
  })
  lines.push(line)
  return { duplex, line, reason: () => reason }
}

describe('a line to an end that reads nothing', () => {
  it('holds no more than it may, and is cut', async () => {
    const { duplex, line, reason } = deaf()
    let most = 0
    for (let n = 0; n < 64; n++) {
      line.sendFrame(makeFrame('batch', Buffer.alloc(100_000)))
      most = Math.max(most, duplex.writableLength)
    }
    await settle()
    expect(reason()).toContain('wait for the other end')
    expect(most).toBeLessThan(maxQueuedBytes + 200_000)
  })

  it('counts what a small frame costs beside its bytes', () => {
    const { duplex, line, reason } = deaf()
    for (let n = 0; n < 10_000; n++) line.sendFrame(makeFrame('batch', nothing))
    expect(reason()).toContain('wait for the other end')
    expect(duplex.writableLength).toBeLessThan(50_000)
  })

  it('answers no ping while the answer to another waits', async () => {
    const { duplex, line } = deaf()
    const pings = Buffer.concat(Array.from({ length: 10_000 }, () => makeFrame('ping', nothing)))
    for (let n = 0; n < 5; n++) {
      duplex.push(pings)
      await settle()
    }
    expect(duplex.writableLength).toBe(5)
    expect(line.isClosed).toBe(false)
  })
})
