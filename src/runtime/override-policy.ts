import { type ConfigComplaint, ConfigError, type Props } from '#api'
import { withPrefix } from './connector-config.ts'
import { listOf } from './transform-chain.ts'

const policyKey = 'connector.client.config.override.policy'
const allowlistKey = 'connector.client.config.override.allowlist'
const suffix = 'ConnectorClientConfigOverridePolicy'
const principal = ['sasl.jaas.config', 'sasl.mechanism', 'security.protocol']

/**
 * What the worker's `connector.client.config.override.policy` says against a connector's overrides, in Kafka Connect's words. Only the
 * clients that the connector has are looked at, where `kind` is given. A policy that nobody knows allows nothing.
 */
export function overrideComplaints(
  props: Props,
  workerProps: Props,
  kind?: 'source' | 'sink',
): readonly ConfigComplaint[] {
  const policy = (workerProps[policyKey] ?? 'All').trim().replace(/^.*\./, '').replace(suffix, '')
  if (policy === 'All') return []
  const allowed = allowedBy(policy, workerProps)
  return clientsOf(props, kind).flatMap((client) => {
    const prefix = `${client}.override.`
    return Object.keys(withPrefix(props, prefix))
      .filter((name) => !allowed.includes(name))
      .map((name) => ({
        key: `${prefix}${name}`,
        error: `The '${policy}' policy does not allow '${name}' to be overridden in the connector configuration.`,
      }))
  })
}

function allowedBy(policy: string, workerProps: Props): readonly string[] {
  if (policy === 'Principal') return principal
  return policy === 'Allowlist' ? listOf(workerProps[allowlistKey]) : []
}

function clientsOf(props: Props, kind: 'source' | 'sink' | undefined): readonly string[] {
  const createsTopics = Object.keys(props).some((key) => key.startsWith('topic.creation.'))
  const hasQueue = (props['errors.deadletterqueue.topic.name'] ?? '').trim() !== ''
  if (kind === 'source') return createsTopics ? ['producer', 'admin'] : ['producer']
  if (kind === 'sink') return hasQueue ? ['producer', 'admin', 'consumer'] : ['consumer']
  return ['producer', 'admin', 'consumer']
}

/** Throws `ConfigError` for overrides that are not allowed: the declaration may be older than the policy. */
export function refuseOverrides(props: Props, workerProps: Props, kind: 'source' | 'sink'): void {
  const complaints = overrideComplaints(props, workerProps, kind)
  if (complaints.length === 0) return
  const errors = complaints.map(({ error }) => error)
  throw new ConfigError(`Client Config Overrides not allowed: ${errors.join(' ')}`, { context: { errors } })
}
