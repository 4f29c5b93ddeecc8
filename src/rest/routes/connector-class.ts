import { BadRequestError, ConnectError, type Props } from '#api'
import type { Herder } from '../../herder/herder.ts'

/** The `connector.class` of some properties, which has to be the plugin that the path names. */
export function connectorClassOf(herder: Herder, plugin: string, props: Props): string {
  const included = props['connector.class'] ?? undefined
  if (included === undefined) {
    // Kafka Connect prints the whole configuration here, secrets included.
    throw new BadRequestError('Connector config contains no connector type; set "connector.class"')
  }
  if (isSamePlugin(herder, plugin, included)) return included
  throw new BadRequestError(`Included connector type ${included} does not match request type ${plugin}`)
}

/** By name, as loosely as Kafka Connect compares them, or by what the two names resolve to. */
function isSamePlugin(herder: Herder, requested: string, included: string): boolean {
  const [a, b] = [withoutSuffix(requested), withoutSuffix(included)]
  if (a.endsWith(b) || b.endsWith(a)) return true
  const [first, second] = [resolve(herder, requested), resolve(herder, included)]
  return first !== undefined && first === second
}

const withoutSuffix = (name: string): string => name.replace(/(?<=.)Connector$/, '')

function resolve(herder: Herder, plugin: string): string | undefined {
  try {
    return herder.pluginConfig(plugin).name
  } catch (error) {
    if (ConnectError.is(error)) return undefined
    throw error
  }
}
