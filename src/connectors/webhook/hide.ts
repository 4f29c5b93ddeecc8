import { parseHeaders } from '../common/http-words.ts'

/** Anything shorter is no credential, and would be found in any text. */
const fewestCharacters = 4

/** Makes the function that takes out of a text the values of configured headers (the token behind `Bearer` too) and secrets. */
export function hiding(headers: string, secrets: string): (text: string) => string {
  const values = Object.values(parseHeaders(headers)).flatMap((value) => [value, value.split(/\s+/).at(-1) ?? ''])
  const keys = secrets.split(/[\s,]+/).flatMap((secret) => [secret, secret.replace(/^whsec_/, '')])
  const hidden = [...values, ...keys]
    .filter((value) => value.length >= fewestCharacters)
    .toSorted((a, b) => b.length - a.length)
  return (text) => hidden.reduce((rest, value) => rest.replaceAll(value, '[hidden]'), text)
}
