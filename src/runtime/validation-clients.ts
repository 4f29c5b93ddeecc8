import { type ConfigDef, type ConfigKey, defineConfig, type Props } from '#api'
import { clientKeys } from '../util/client-keys/index.ts'
import type { ClientKind } from './client-props.ts'
import { withPrefix } from './connector-config.ts'
import { overrideComplaints } from './override-policy.ts'
import { type ValidatedKey, validateKeys } from './validated-key.ts'

/** The clients that a connector has, in the order in which Kafka Connect shows their properties. */
export function clientsOf(kind: 'source' | 'sink', props: Props): readonly ClientKind[] {
  const createsTopics = Object.keys(props).some((key) => key.startsWith('topic.creation.'))
  const hasQueue = (props['errors.deadletterqueue.topic.name'] ?? '').trim() !== ''
  if (kind === 'source') return createsTopics ? ['producer', 'admin'] : ['producer']
  return hasQueue ? ['producer', 'consumer', 'admin'] : ['consumer']
}

/** The properties of clients that the declaration overrides, with what their definitions and the worker's policy say. */
export function clientOverrides(kind: 'source' | 'sink', props: Props, workerProps: Props): readonly ValidatedKey[] {
  const complaints = overrideComplaints(props, workerProps, kind)
  return clientsOf(kind, props).flatMap((client) => {
    const prefix = `${client}.override.`
    return Object.entries(withPrefix(props, prefix)).map(([name, value]): ValidatedKey => {
      const key = Object.hasOwn(clientKeys[client], name) ? clientKeys[client][name] : undefined
      const def: ConfigDef | undefined = key && defineConfig({ [name]: withoutNeed(key) })
      const [found] = def ? validateKeys(def, { [`${prefix}${name}`]: value }, prefix) : []
      const described =
        found && key ? { ...found, definition: { key: { ...key, displayName: name }, order: -1 } } : undefined
      const own = complaints.filter((complaint) => complaint.key === `${prefix}${name}`).map(({ error }) => error)
      const plain = { name: `${prefix}${name}`, value: value ?? null, recommendedValues: [], errors: [] }
      const shown = described ?? plain
      return { ...shown, errors: [...shown.errors, ...own], countedOnce: true }
    })
  })
}

/** What the declaration does not give, Kafka Connect gives. */
const withoutNeed = (key: ConfigKey): ConfigKey => ('default' in key ? key : { ...key, default: null })
