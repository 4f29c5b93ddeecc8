/** A double as Java's `Double.toString` (19 and later) writes it: `5.0`, `1.0E10`. */
export function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size < 1e-3 || !(size < 1e7)) return javaText(value, value.toExponential())
  // Most are here, and JavaScript writes these alike.
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/** The shortest text that is this float, as Java's `Float.toString` writes it. */
export function javaFloat(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) {
    const text = Number.isInteger(value) ? `${value}.0` : String(value)
    // So few digits are the fewest.
    if (text.length < 8) return text
  }
  // Six digits are always told apart, but for the smallest of all.
  for (let digits = size < 1.2e-38 ? 1 : 5; digits < 9; digits++) {
    const text = value.toExponential(digits)
    if (Math.fround(Number(text)) === Math.fround(value)) return javaText(value, text)
  }
  return javaText(value, value.toExponential())
}

function javaText(value: number, exponential: string): string {
  if (!Number.isFinite(value)) return String(value)
  const negative = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa = '0', power = '0'] = exponential.replace(/^-/, '').split('e')
  const digits = mantissa.replace('.', '').replace(/(?<=.)0+$/, '')
  const exponent = Number(power)
  if (value === 0) return `${negative}0.0`
  if (exponent < -3 || exponent >= 7) return `${negative}${digits.slice(0, 1)}.${digits.slice(1) || '0'}E${exponent}`
  if (exponent < 0) return `${negative}0.${'0'.repeat(-exponent - 1)}${digits}`
  const padded = digits.padEnd(exponent + 2, '0')
  return `${negative}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`
}

/** Digits, such as `-12.340`, as Java's `BigDecimal.toString` writes them: with an exponent when there is a negative scale or many zeros. */
export function javaDecimal(text: string, scale = text.split('.')[1]?.length ?? 0): string {
  const negative = text.startsWith('-') ? '-' : ''
  const missing = Math.max(scale - (text.split('.')[1]?.length ?? 0), 0)
  const plain = `${text.replace(/^[+-]/, '').replace('.', '')}${'0'.repeat(missing)}`.replace(/^0+(?=.)/, '')
  const unscaled = scale < 0 ? plain.slice(0, Math.max(plain.length + scale, 1)) : plain
  const exponent = unscaled.length - 1 - scale
  if (scale >= 0 && exponent >= -6) {
    if (scale === 0) return `${negative}${unscaled}`
    const padded = unscaled.padStart(scale + 1, '0')
    return `${negative}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  }
  const mantissa = unscaled.length > 1 ? `${unscaled.slice(0, 1)}.${unscaled.slice(1)}` : unscaled
  return `${negative}${mantissa}${exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`}`
}
