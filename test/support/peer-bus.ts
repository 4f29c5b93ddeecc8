import type { GatePeers } from '../../src/gateway/peers.ts'

/** Gates that ask each other, in memory; one that is taken away is asked no more, and answers nobody. */
export function peerBus(): { join(): GatePeers & { leave(): void }; readonly said: Buffer[] } {
  const gates = new Set<Map<string, (body: Buffer) => Buffer>>()
  const said: Buffer[] = []
  return {
    said,
    join() {
      const own = new Map<string, (body: Buffer) => Buffer>()
      gates.add(own)
      return {
        async ask(what, body) {
          if (!gates.has(own)) return []
          said.push(body)
          return [...gates].filter((gate) => gate !== own).map((gate) => gate.get(what)?.(body))
        },
        serve(what, handle) {
          own.set(what, handle)
          return () => own.delete(what)
        },
        leave: () => void gates.delete(own),
      }
    },
  }
}
