import { ConfigError, type Props } from '#api'
import { createProviders } from './providers/create-providers.ts'
import { lookUp, replace } from './providers/look-up.ts'
import type { SortedProperties } from './sort-properties.ts'

interface Written {
  readonly file: SortedProperties
  readonly flags: SortedProperties
}

type Env = Readonly<Record<string, string | undefined>>

/** Fills in what the worker's own properties and settings leave to its config providers. */
export async function resolveWorker(
  { file, flags }: Written,
  env: Env,
): Promise<{ readonly fromFile: SortedProperties; readonly fromFlags: SortedProperties }> {
  const props: Props = { ...file.props, ...flags.props }
  const refused: string[] = []
  const providers = createProviders(props, {
    env,
    warn: (fields, message) => refused.push(`${message}: ${JSON.stringify(fields)}`),
  })
  if (providers.size === 0) return { fromFile: file, fromFlags: flags }
  const fill = async (given: SortedProperties): Promise<SortedProperties> => {
    const texts = Object.fromEntries(Object.entries(given.settings).filter(([, value]) => typeof value === 'string'))
    const [own, settings] = await Promise.all([fillIn(given.props), fillIn(texts as Props)])
    return { ...given, props: own, settings: { ...given.settings, ...settings } }
  }
  const fillIn = async (given: Props): Promise<Readonly<Record<string, string>>> => {
    // What says where the providers look is not looked up itself.
    const isProvider = (name: string): boolean => name.startsWith('config.providers')
    const open = Object.fromEntries(Object.entries(given).filter(([name]) => !isProvider(name)))
    const filled = replace(open, await lookUp(open, providers)).props
    return { ...given, ...filled } as Readonly<Record<string, string>>
  }
  const [fromFile, fromFlags] = await Promise.all([fill(file), fill(flags)])
  if (refused.length > 0) throw new ConfigError(refused.join('\n'), { context: { errors: refused } })
  return { fromFile, fromFlags }
}
