import type { Plugin, Props, SinkConnector, SourceConnector } from '#api'
import type { Plugins } from '../plugins/index.ts'
import { javaName } from './java-names.ts'
import { versionRange } from './version-range.ts'

/** What is said where a declaration wants another version of a plugin than the worker has; undefined when it may have it. */
export function versionComplaint(plugin: Plugin, wanted: string | null | undefined): string | undefined {
  const { version } = plugin
  const range = versionRange((wanted ?? '').trim())
  // A text that is no range is the complaint of its key.
  if (typeof range === 'string' || range(version)) return undefined
  const shown = /[[(]/.test(wanted ?? '') ? wanted : `[${wanted},${wanted}]`
  return `Plugin ${javaName(plugin)} not found that matches the version range ${shown}, available versions: [${version}]`
}

/** Of the connector and of the converters that it names, on the name and on the version. */
export function* versionComplaints(
  connector: SourceConnector | SinkConnector,
  props: Props,
  plugins: Plugins,
): Generator<readonly [string, string]> {
  const own = versionComplaint(connector, props['connector.plugin.version'])
  if (own !== undefined) {
    yield ['connector.class', own]
    yield ['connector.plugin.version', own]
  }
  for (const side of ['key', 'value', 'header'] as const) {
    const name = props[`${side}.converter`]
    const found = name ? plugins.any(name)?.plugin : undefined
    const error = found && versionComplaint(found, props[`${side}.converter.plugin.version`])
    if (error === undefined) continue
    yield [`${side}.converter`, error]
    yield [`${side}.converter.plugin.version`, error]
  }
}
