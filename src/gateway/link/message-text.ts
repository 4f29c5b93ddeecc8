import { LinkError } from './link-error.ts'

/** Messages are JSON; offsets of Kafka, which JSON cannot say, are `{"#":"12"}`. */
export function writeMessage(message: object): Buffer {
  return Buffer.from(
    JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? { '#': value.toString() } : value)),
  )
}

export function parseMessage(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString(), (_, value: unknown) => {
      const digits: unknown = typeof value === 'object' && value !== null && '#' in value ? value['#'] : undefined
      return typeof digits === 'string' && /^-?\d{1,19}$/.test(digits) ? BigInt(digits) : value
    }) as unknown
  } catch (error) {
    throw new LinkError('A message of the link is no JSON.', { cause: error })
  }
}
