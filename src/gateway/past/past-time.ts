const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const iso = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** A moment of the past as clients name it: `earliest`, an age such as `-10m`, ISO 8601 with its zone, or ms. Undefined: it is none. */
export function readPastTime(text: string, now: number): 'earliest' | number | undefined {
  if (text === 'earliest') return text
  const age = /^-(\d{1,9})([smhd])$/.exec(text)
  if (age) return Math.max(0, now - Number(age[1]) * units[age[2] as keyof typeof units])
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const at = iso.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

export const pastTimes = '`earliest`, an age such as -10m (s, m, h, d), a time in ISO 8601 with its zone, or in ms'
