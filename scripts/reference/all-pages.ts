import { distributedConfig, settingDocs, workerClientConfig, workerConfig } from '../../src/config/index.ts'
import { withoutEffect } from '../../src/config/worker-keys-without-effect.ts'
import { connectors } from '../../src/connectors/index.ts'
import { ingressCodes } from '../../src/connectors/websocket/ingress-codes.ts'
import { converters } from '../../src/converters/index.ts'
import * as gatewayCodes from '../../src/gateway/codes.ts'
import { openApi, routes } from '../../src/rest/index.ts'
import { predicateKeys, sinkConfig, sourceConfig, transformKeys } from '../../src/runtime/connector-config.ts'
import { gateTable, metricTable } from '../../src/telemetry/metrics.ts'
import { predicates, transformations } from '../../src/transforms/index.ts'
import { configurationPage } from './configuration-page.ts'
import { allErrorClasses } from './error-classes.ts'
import { errorsPage } from './errors-page.ts'
import type { Page } from './markdown.ts'
import { metricsPage } from './metrics-page.ts'
import { connectorPages, pluginsPage } from './plugin-pages.ts'
import { protocolPage } from './protocol-page.ts'
import { restPage } from './rest-page.ts'

/** Every generated page. `root` is the repository: the errors' comments are read from their source. */
export async function allPages(root: string): Promise<readonly Page[]> {
  const errors = await allErrorClasses(root)
  return [
    ...connectorPages(connectors),
    pluginsPage('docs/converters.md', 'Converters', [
      {
        intro:
          'Named by `key.converter` and `value.converter`, of the worker or of one connector. Options follow that prefix; the tables show `value.converter.`.',
        prefix: 'value.converter.',
        plugins: converters,
      },
    ]),
    pluginsPage('docs/transformations.md', 'Transformations and predicates', [
      {
        title: 'Transformations',
        intro:
          'Named by `transforms.<alias>.type` for each alias in `transforms`, which applies them in its order. A name with `$Key` or `$Value` sets `on`.',
        prefix: 'transforms.<alias>.',
        plugins: transformations,
      },
      {
        title: 'Predicates',
        intro:
          'Named by `predicates.<alias>.type` for each alias in `predicates`; a transformation refers to one by `transforms.<alias>.predicate`.',
        prefix: 'predicates.<alias>.',
        plugins: predicates,
      },
    ]),
    configurationPage({
      settings: settingDocs(),
      worker: workerConfig.keys,
      distributed: distributedConfig.keys,
      clients: workerClientConfig.keys,
      source: sourceConfig.keys,
      sink: sinkConfig.keys,
      transform: transformKeys.keys,
      predicate: predicateKeys.keys,
      withoutEffect,
    }),
    errorsPage(errors, gatewayCodes, ingressCodes),
    protocolPage(),
    restPage(openApi(routes)),
    metricsPage([...new Set([...metricTable, ...gateTable])]),
  ]
}
