import { compactString } from './flexible.ts'
import { encoded, type ProtocolCall, protocolError } from './internals.ts'

/** Who writes under a transactional id: the coordinator takes the newest epoch's word alone. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

const nobody: ProducerIdentity = { producerId: -1n, epoch: -1 }

/**
 * InitProducerId v3: fences whoever has the id and ends what they left open. With `current` it is refused when that is no longer the newest
 * (KIP-360), which kafkajs’s versions cannot say: so a producer renews itself without ever fencing its successor.
 */
export function initProducerId(
  transactionalId: string,
  timeoutMs: number,
  current: ProducerIdentity = nobody,
): ProtocolCall<ProducerIdentity> {
  const rest = Buffer.alloc(15)
  rest.writeInt32BE(timeoutMs, 0)
  rest.writeBigInt64BE(current.producerId, 4)
  rest.writeInt16BE(current.epoch, 12)
  // Flexible versions: no tagged fields (0) at the end of the header and of the body.
  const buffer = Buffer.concat([Buffer.from([0]), compactString(transactionalId), rest])
  return {
    request: { apiKey: 22, apiVersion: 3, apiName: 'InitProducerId', encode: async () => encoded(buffer) },
    response: {
      async decode(raw) {
        // Tagged fields of the header (1 byte) and the throttle time lie before.
        const errorCode = raw.readInt16BE(5)
        if (errorCode !== 0) throw protocolError(errorCode)
        return { producerId: raw.readBigInt64BE(7), epoch: raw.readInt16BE(15) }
      },
      parse: async (identity) => identity,
    },
  }
}
