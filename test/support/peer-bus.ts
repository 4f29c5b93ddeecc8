import type { GatePeers } from '../../src/gateway/peers.ts'

type Handle = Parameters<GatePeers['serve']>[1]

/** Gates that ask each other, in memory; one that is taken away is asked no more, and answers nobody. */
export function peerBus(): {
  join(...from: readonly string[]): GatePeers & { leave(): void }
  readonly said: Buffer[]
} {
  const gates = new Set<Map<string, Handle>>()
  const said: Buffer[] = []
  let joined = 0
  return {
    said,
    join(...from) {
      const own = new Map<string, Handle>()
      const name = from.length > 0 ? from : [`gate ${++joined}`]
      gates.add(own)
      return {
        async ask(what, body) {
          if (!gates.has(own)) return []
          said.push(body)
          return [...gates].filter((gate) => gate !== own).map((gate) => gate.get(what)?.(body, name))
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
