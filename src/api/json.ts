/** JSON text that keeps every digit of an int64: bigints beyond 2^53 become strings, Buffers base64. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, losslessly) ?? 'null'
}

function losslessly(this: unknown, key: string, value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'object': {
      // JSON.stringify has called Buffer.prototype.toJSON already: look at what it was.
      const raw = (this as Record<string, unknown>)[key]
      return Buffer.isBuffer(raw) ? raw.toString('base64') : value
    }
    default:
      return value
  }
}
