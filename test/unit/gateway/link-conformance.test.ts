import { afterAll, beforeAll } from 'vitest'
import { checkAttachment } from '../../../src/gateway/attach-check.ts'
import { type Pattern, parsePattern, templatePattern } from '../../../src/gateway/channels.ts'
import { gatewayPortConformance } from '../../conformance/gateway-port.ts'
import { type LinkKeys, makeLinkKeys } from '../../support/link-keys.ts'
import { makeGateEnd, makeWorkerEnd, memoryPair, type Pair, tlsPair, unixPair } from '../../support/linked.ts'

let keys: LinkKeys
beforeAll(async () => {
  keys = await makeLinkKeys()
})
afterAll(() => keys.remove())

gatewayPortConformance('a call', async ({ port }) => {
  const attached: { connector: string; patterns: readonly Pattern[] }[] = []
  const check = (connector: string, patterns: readonly Pattern[]): void => {
    checkAttachment({ connector, patterns }, attached, { bus: {}, report: {} })
    attached.push({ connector, patterns })
  }
  const once = <T extends { detach(): void }>(feed: T): T => {
    let isOver = false
    return {
      ...feed,
      detach() {
        if (!isOver) feed.detach()
        isOver = true
      },
    }
  }
  return {
    port: {
      attachSink(attachment) {
        check(attachment.connector, attachment.templates.map(templatePattern))
        return once(port.attachSink(attachment))
      },
      attachSource(attachment) {
        check(attachment.connector, attachment.channels.map(parsePattern))
        return once(port.attachSource(attachment))
      },
    },
    close: () => undefined,
  }
})

const over = (name: string, makePair: () => Promise<Pair>): void =>
  gatewayPortConformance(name, async ({ port }) => {
    const pair = await makePair()
    const worker = makeWorkerEnd()
    const gate = makeGateEnd(port)
    worker.link(pair.worker, 'gate')
    gate.link(pair.gate, 'worker')
    return {
      port: worker.port,
      async close() {
        worker.stop()
        gate.stop()
        await pair.close()
      },
    }
  })

over('a link in memory', memoryPair)
over('a link over a Unix socket', unixPair)
over('a link over TLS', () => tlsPair(keys))
