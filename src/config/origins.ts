/** What is wrong with the first wrong one of a list of origins such as `https://maps.example`; `*` is for any. */
export function originComplaint(origins: readonly string[]): string | undefined {
  const wrong = origins.find((origin) => origin !== '*' && originOf(origin) !== origin)
  return wrong === undefined ? undefined : `"${wrong}" is no origin such as https://maps.example, nor *`
}

const originOf = (text: string): string | undefined => (URL.canParse(text) ? new URL(text).origin : undefined)
