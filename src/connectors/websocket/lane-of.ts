import type { Sender } from './lane-wire.ts'

/** A producer's name over all workers; undefined for who is none: nobody knows such a client again after its connection. */
export const producerName = ({ client, producer }: Sender): string | undefined =>
  producer === undefined ? undefined : JSON.stringify([client, producer])

/** Which lane a sender's messages go through; the same on every worker. */
export const laneOf = (sender: Sender, lanes: number): number =>
  laneOfProducer(producerName(sender) ?? sender.session, lanes)

export const laneOfProducer = (name: string, lanes: number): number => hash(name) % lanes

/** FNV-1a over the UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    value = Math.imul(value ^ (unit & 0xff), 0x01000193)
    value = Math.imul(value ^ (unit >>> 8), 0x01000193)
  }
  // The low bits of FNV are its weakest, and a small number of lanes looks at them alone.
  return (value ^ (value >>> 15)) >>> 0
}
