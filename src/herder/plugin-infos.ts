import { BadRequestError, defineConfig, NotFoundError, type Plugin, type Props } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { frameworkConfig } from '../runtime/index.ts'
import type { Herder } from './herder.ts'

/** What REST asks of the plugins. */
export function createPluginInfos(plugins: Plugins): Pick<Herder, 'plugins' | 'pluginConfig'> {
  return {
    plugins: (connectorsOnly) => plugins.list(connectorsOnly),
    pluginConfig(name, version = 'latest') {
      const named = plugins.any(name)
      if (!named) throw new NotFoundError(`Unknown plugin ${name}.`)
      const { plugin: found, preset } = named
      if (version !== 'latest' && version !== found.version) {
        throw new BadRequestError(
          `Plugin ${name} not found that matches the version range [${version},${version}], available versions: [${found.version}]`,
        )
      }
      return withFrameworkKeys(without(found, preset))
    },
  }
}

/** What the name itself says (`Cast$Key`) is no property. */
function without(plugin: Plugin, preset: Props): Plugin {
  const names = Object.keys(preset)
  if (names.length === 0) return plugin
  const keys = Object.entries(plugin.config.keys).filter(([name]) => !names.includes(name))
  return { ...plugin, config: defineConfig(Object.fromEntries(keys)) }
}

/** A connector's keys and then those that the framework adds, as Kafka Connect shows them. */
function withFrameworkKeys(plugin: Plugin): Plugin {
  if (plugin.kind !== 'sink' && plugin.kind !== 'source') return plugin
  const framework = Object.entries(frameworkConfig(plugin).keys)
  const added = Object.fromEntries(framework.filter(([name]) => !(name in plugin.config.keys)))
  return { ...plugin, config: defineConfig({ ...plugin.config.keys, ...added }) }
}
