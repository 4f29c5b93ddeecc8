import type { Gateway } from '../gateway/index.ts'
import type { Herder } from '../herder/index.ts'
import type { MetricsSources } from '../telemetry/metrics.ts'
import type { ConnectorFigures } from '../telemetry/worker-figures.ts'

/**
 * What a scrape of `/metrics` looks up: of a cluster, what this worker runs, so that sums over all workers are right. A connector that
 * goes while it is looked at is left out.
 */
export const scrape = (herder: () => Herder, gateway: Gateway | undefined): MetricsSources => ({
  gateway: () => gateway?.stats(),
  async connectors() {
    const found = await Promise.allSettled((await herder().connectors()).map((name) => figuresOf(herder(), name)))
    return found
      .flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      .filter(({ isHere, tasks }) => isHere || tasks.length > 0)
  },
})

async function figuresOf(herder: Herder, name: string): Promise<ConnectorFigures> {
  const here = herder.runsHere?.()
  const [{ connector, tasks, type }, config, health] = await Promise.all([
    herder.connectorState(name),
    herder.connectorConfig(name),
    herder.health(name),
  ])
  return {
    name,
    isHere: here?.connectors.includes(name) ?? true,
    type,
    class: config['connector.class'] ?? '',
    version: connector.version ?? '',
    state: connector.state,
    health: health.status,
    restarts: health.restarts.count,
    tasks: tasks.filter(({ id }) => here?.tasks.some((of) => of.connector === name && of.task === id) ?? true),
  }
}
