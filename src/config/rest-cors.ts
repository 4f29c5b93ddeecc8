import { originComplaint } from './origins.ts'

/** Which pages may use REST, and by which methods; none: the standard ones. */
export interface Cors {
  readonly origins: readonly string[]
  readonly methods: readonly string[]
}

/** Reads `access.control.allow.*`; undefined without an origin. Complaints go to `errors`. */
export function readCors(list: (name: string) => readonly string[], errors: string[]): Cors | undefined {
  const [originKey, methodKey] = ['access.control.allow.origin', 'access.control.allow.methods'] as const
  const [origins, methods] = [list(originKey), list(methodKey)]
  const complain = (key: string, given: readonly string[], what: string): void =>
    void errors.push(`Invalid value ${given.join(',')} for configuration ${key}: ${what}.`)
  const wrongOrigin = originComplaint(origins)
  if (wrongOrigin !== undefined) complain(originKey, origins, wrongOrigin)
  // RFC 9110 §5.6.2: a token.
  const wrongMethod = methods.find((method) => !/^[\w!#$%&'*+.^`|~-]+$/.test(method))
  if (wrongMethod !== undefined) complain(methodKey, methods, `"${wrongMethod}" is no method such as PUT`)
  return origins.length > 0 ? { origins, methods } : undefined
}
