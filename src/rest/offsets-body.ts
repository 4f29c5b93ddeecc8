import { type AlteredOffset, BadRequestError } from '#api'
import { exactNumber } from '../util/exact-json.ts'
import { isObject, kindOf, readObject, refuseUnknownFields } from './json-body.ts'

/**
 * Reads the body of `PATCH …/offsets`. Which partitions and offsets make sense is the herder's affair.
 * `typeOf` tells the connector's type, and is asked only when a partition is missing: Kafka Connect has words for each.
 */
export async function readOffsets(
  body: Buffer | undefined,
  typeOf: () => Promise<string>,
): Promise<readonly AlteredOffset[]> {
  const fields = readObject(body, exactNumber)
  refuseUnknownFields(fields, ['offsets'], 'the request body')
  const list = fields['offsets'] ?? []
  if (!Array.isArray(list)) throw new BadRequestError(`The field "offsets" is ${kindOf(list)}; give it an array`)
  if (list.length === 0) {
    throw new BadRequestError('Partitions / offsets need to be provided for an alter offsets request')
  }
  const offsets: AlteredOffset[] = []
  for (const [index, entry] of (list as readonly unknown[]).entries()) {
    const where = `offsets[${index}]`
    if (!isObject(entry)) throw new BadRequestError(`${where} is ${kindOf(entry)}; give it an object`)
    refuseUnknownFields(entry, ['partition', 'offset'], where)
    const partition = objectOrNull(entry['partition'], `${where}.partition`)
    if (partition === null) throw new BadRequestError(noPartition(await typeOf()))
    offsets.push({ partition, offset: objectOrNull(entry['offset'], `${where}.offset`) })
  }
  return offsets
}

function objectOrNull(value: unknown, where: string): Readonly<Record<string, unknown>> | null {
  if (value === undefined || value === null) return null
  if (isObject(value)) return value
  throw new BadRequestError(`${where} is ${kindOf(value)}; give it an object`)
}

const noPartition = (type: string): string =>
  type === 'sink'
    ? 'The partition for a sink connector offset cannot be null or missing'
    : 'Partition objects cannot be null'
