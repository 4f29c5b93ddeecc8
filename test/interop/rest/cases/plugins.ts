import type { Case, Step } from '../case.ts'
import { infos, ofKafka } from '../picks.ts'
import { converters, transformations } from '../shipped.ts'

const configOf = (plugin: string): Step => ({ path: `/connector-plugins/${plugin}/config`, pick: infos })

/** What can run here, and whether a declaration would. */
export const pluginCases: readonly Case[] = [
  {
    name: 'plugins',
    steps: [
      { path: '/connector-plugins', pick: ofKafka },
      { path: '/connector-plugins?connectorsOnly=false', pick: ofKafka },
      { path: '/connector-plugins?connectorsOnly=TRUE', pick: ofKafka },
      {
        what: 'any other word is false',
        path: '/connector-plugins?connectorsOnly=no',
        pick: (body) => ofKafka(body).length,
      },
    ],
  },
  {
    name: 'configuration of plugins',
    steps: [
      ...['FileStreamSink', 'FileStreamSourceConnector', 'org.apache.kafka.connect.file.FileStreamSinkConnector'].map(
        configOf,
      ),
      ...transformations.map(configOf),
      ...converters.map(configOf),
      { ...configOf('JsonConverter'), what: 'by simple name' },
      { ...configOf('Json'), what: 'by alias' },
      { what: 'an inner class by simple name', path: '/connector-plugins/Cast$Value/config' },
      { what: 'unknown', path: '/connector-plugins/no.Such/config', message: true },
      { what: 'no plugin', path: '/connector-plugins/java.lang.String/config' },
      { what: 'version', path: '/connector-plugins/FileStreamSink/config?version=4.3.1', pick: infos },
      { what: 'latest version', path: '/connector-plugins/FileStreamSink/config?version=latest', pick: infos },
      { what: 'unknown version', path: '/connector-plugins/FileStreamSink/config?version=9.9' },
    ],
  },
]
