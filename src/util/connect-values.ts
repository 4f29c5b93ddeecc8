/**
 * Connect's values as text and back, as its `Values` class does it: what `SimpleHeaderConverter` writes and infers, and what
 * transformations that make text of values rely on.
 */
export { civilDate } from './connect-values/calendar.ts'
export { formatConnectValue } from './connect-values/format.ts'
export { javaDecimal, javaDouble, javaFloat } from './connect-values/java-number.ts'
export { parseConnectValue } from './connect-values/parse.ts'
export { exact as exactLong, millisOf } from './connect-values/schemas.ts'
