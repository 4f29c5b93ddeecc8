import avsc from 'avsc'
import type { ErrorHook, Tap } from './internals.ts'

/** avsc's enum takes `constructor` and the other names of `Object.prototype` for symbols. */
export class EnumType extends avsc.types.EnumType {
  _check(value: unknown, _flags?: unknown, hook?: ErrorHook): boolean {
    const valid = this.symbols.includes(value as string)
    if (!valid) hook?.(value, this)
    return valid
  }

  _write(tap: Tap, value: unknown): void {
    const index = this.symbols.indexOf(value as string)
    if (index < 0) throw new Error(`not a symbol of ${this.name}: ${String(value)}`)
    tap.writeLong(index)
  }
}
