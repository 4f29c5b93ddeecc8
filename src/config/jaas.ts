import { ConfigError } from '#api'

/** One login module of a JAAS configuration. */
export interface LoginModule {
  readonly name: string
  readonly options: Readonly<Record<string, string>>
}

const token = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"((?:\\.|[^"\\])*)"|([\w.$-]+)|([{};=])|(.)/gs

/**
 * The login modules of one context in a JAAS file, `Context { module.Class required option="value"; };`. Throws `ConfigError` that names `file`
 * and what it lacks, and repeats no value: they are secrets as often as not.
 */
export function readJaas(text: string, context: string, file: string): readonly LoginModule[] {
  const tokens = tokensOf(text, file)
  let at = 0
  const next = (): string => tokens[at++] ?? fail('it ends too early')
  const fail = (what: string): never => {
    throw new ConfigError(`The JAAS file ${file} cannot be read: ${what}.`, { context: { file } })
  }
  const expect = (mark: string): void => {
    if (next() !== mark) fail(`"${mark}" is missing in the context that begins after ${found.size} others`)
  }
  const found = new Map<string, readonly LoginModule[]>()
  while (at < tokens.length) {
    const name = next()
    expect('{')
    const modules: LoginModule[] = []
    while (tokens[at] !== '}') {
      const module = next()
      if (!/^(required|requisite|sufficient|optional)$/i.test(next()))
        fail(`${module} is not followed by its flag, such as required`)
      const options: Record<string, string> = {}
      while (tokens[at] !== ';') {
        const option = next()
        expect('=')
        options[option] = next()
      }
      at++
      modules.push({ name: module, options })
    }
    at++
    expect(';')
    found.set(name, modules)
  }
  return found.get(context) ?? fail(`it has no context ${context}`)
}

function tokensOf(text: string, file: string): readonly string[] {
  const tokens: string[] = []
  for (const [, quoted, word, mark, other] of text.matchAll(token)) {
    if (other !== undefined) throw new ConfigError(`The JAAS file ${file} cannot be read: unexpected ${other}.`)
    const value = quoted?.replace(/\\(.)/gs, '$1') ?? word ?? mark
    if (value !== undefined) tokens.push(value)
  }
  return tokens
}
