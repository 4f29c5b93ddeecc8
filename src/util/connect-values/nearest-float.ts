/**
 * The float nearest to a decimal: `Math.fround(Number(text))` rounds twice, and takes the wrong one of two when the double lies
 * exactly between them and the decimal does not. `digits` without a point, `scale` as of Java's BigDecimal.
 */
export function nearestFloat(text: string, digits: string, scale: number): number {
  const double = Number(text)
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, double)
  const low = view.getUint32(4)
  // What a double has beyond a float: 29 bits.
  if ((low & 0x1fff_ffff) !== 0x1000_0000) return Math.fround(double)
  const beyond = compared({ digits: BigInt(digits), scale }, exactly(view.getBigUint64(0)))
  if (beyond === 0) return Math.fround(double)
  const towardsZero = view.getBigUint64(0) & ~0x1fff_ffffn
  view.setBigUint64(0, beyond < 0 ? towardsZero : towardsZero + 0x2000_0000n)
  return view.getFloat64(0)
}

interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/** Every double is an integer by a power of two: `bits` without the sign. */
function exactly(bits: bigint): Decimal {
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1075
  const integer = (bits & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n
  if (exponent >= 0) return { digits: integer << BigInt(exponent), scale: 0 }
  return { digits: integer * 5n ** BigInt(-exponent), scale: -exponent }
}

function compared(one: Decimal, other: Decimal): number {
  const scale = Math.max(one.scale, other.scale)
  const difference = one.digits * 10n ** BigInt(scale - one.scale) - other.digits * 10n ** BigInt(scale - other.scale)
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}
