import type { Gateway } from '../gateway/index.ts'
import type { Herder } from '../herder/index.ts'
import type { MetricsSources } from '../telemetry/metrics.ts'

/** What a scrape of `/metrics` looks up. A connector that goes while it is looked at is left out. */
export const scrape = (herder: () => Herder, gateway: Gateway | undefined): MetricsSources => ({
  gateway: () => gateway?.stats(),
  async connectors() {
    const found = await Promise.allSettled((await herder().connectors()).map((name) => figuresOf(herder(), name)))
    return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  },
})

async function figuresOf(herder: Herder, name: string) {
  const [{ connector, tasks, type }, config, health] = await Promise.all([
    herder.connectorState(name),
    herder.connectorConfig(name),
    herder.health(name),
  ])
  return {
    name,
    type,
    class: config['connector.class'] ?? '',
    version: connector.version ?? '',
    state: connector.state,
    health: health.status,
    restarts: health.restarts.count,
    tasks,
  }
}
