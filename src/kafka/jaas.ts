import { ConfigError } from '#api'

export interface JaasEntry {
  /** The login module's class, without its package. */
  readonly module: string
  readonly options: Readonly<Record<string, string>>
}

const property = 'sasl.jaas.config'
const tokens = /"(?:[^"\\]|\\.)*"|[=;]|[^\s=;"]+/g

/** Parses `Module required option="value" …;`. No message repeats a value. */
export function parseJaas(text: string): JaasEntry {
  const [module, flag, ...rest] = text.match(tokens) ?? []
  if (!module || !flag)
    throw new ConfigError(`${property} is not of the form: <login module> required <option>="<value>" …;`)
  if (!/^(required|requisite|sufficient|optional)$/i.test(flag))
    throw new ConfigError(`${property}: after ${module} a flag such as required is expected.`)
  if (rest.at(-1) !== ';') throw new ConfigError(`${property} does not end with a semicolon.`)
  const options: Record<string, string> = {}
  for (let at = 0; at < rest.length - 1; at += 3) {
    const [name = '', equals, value] = rest.slice(at, at + 3)
    if (name === ';') throw new ConfigError(`${property} names more than one login module; one is used.`)
    if (equals !== '=' || value === undefined || value === ';')
      throw new ConfigError(`${property}: the option ${name} has no value; write ${name}="…".`)
    options[name] = unquoted(value)
  }
  return { module: module.slice(module.lastIndexOf('.') + 1), options }
}

const unquoted = (token: string): string =>
  token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, '$1') : token
