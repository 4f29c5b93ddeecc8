import type { NpmPackage, Plugin } from '../../src/api/index.ts'
import { configTables } from './config-table.ts'
import { code, type Page, page, prose } from './markdown.ts'

type Documented = Plugin & { readonly sided?: boolean; readonly placement?: string; readonly package?: NpmPackage }

/** One page for each connector. */
export const connectorPages = (connectors: readonly Documented[]): readonly Page[] =>
  connectors.map((plugin) =>
    page(
      `docs/connectors/${plugin.name}.md`,
      `# ${plugin.name}`,
      `A ${plugin.kind}: \`"connector.class": "${plugin.name}"\`.${placement(plugin)}`,
      prose(plugin.doc),
      ...aliases(plugin),
      ...packages(plugin),
      '## Properties',
      configTables(plugin.config.keys),
      `Beside these: the properties of [every ${plugin.kind}](../configuration.md#every-${plugin.kind}).`,
    ),
  )

export interface Section {
  /** The heading over the plugins; absent when the page has one section only. */
  readonly title?: string
  readonly intro: string
  /** Stands before each key in the tables. */
  readonly prefix: string
  readonly plugins: readonly Documented[]
}

/** Many small plugins on one page. */
export const pluginsPage = (path: string, title: string, sections: readonly Section[]): Page =>
  page(
    path,
    `# ${title}`,
    ...sections.flatMap(({ title: heading, intro, prefix, plugins }) => [
      ...(heading === undefined ? [] : [`## ${heading}`]),
      intro,
      ...plugins.flatMap((plugin) => [
        `${heading === undefined ? '##' : '###'} ${plugin.name}`,
        prose(plugin.doc),
        ...aliases(plugin),
        configTables(plugin.config.keys, prefix),
      ]),
    ]),
  )

function placement({ placement: where }: Documented): string {
  return where === 'everyWorker' ? ' It runs once on every worker.' : ''
}

/** The other names that it answers to. */
function aliases({ name, sided, aliases: others = [] }: Documented): readonly string[] {
  const names = [...(sided ? [`${name}$Key`, `${name}$Value`] : []), ...others]
  return names.length === 0 ? [] : [`It answers to ${names.map(code).join(', ')} too.`]
}

/** What has to be installed for it. */
function packages({ package: needs }: Documented): readonly string[] {
  if (!needs) return []
  return [`It needs an npm package that does not come with Tidegate: \`npm install ${needs.name}@${needs.version}\`.`]
}
