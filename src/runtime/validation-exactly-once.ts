import type { Props, SourceConnector } from '#api'
import { messageOf } from '#api'
import { sourceConfig } from './connector-config.ts'
import type { ValidatedKey } from './validated-key.ts'

type Complaint = readonly [key: string, error: string]

/** Whether the source can do what is asked of it, in Kafka Connect's words. Undefined `isEnabled`: a standalone worker, which does not ask. */
export function exactlyOnceComplaints(
  connector: SourceConnector,
  props: Props,
  keys: readonly ValidatedKey[],
  isEnabled: boolean | undefined,
): readonly Complaint[] {
  if (isEnabled === undefined) return []
  const isSaid = (key: 'exactly.once.support' | 'transaction.boundary', value: string): boolean =>
    keys.every(({ name, errors }) => name !== key || errors.length === 0) &&
    (props[key] ?? sourceConfig.keys[key].default).toLowerCase() === value
  const complaints: Complaint[] = []
  if (isSaid('exactly.once.support', 'required')) {
    if (!isEnabled)
      complaints.push(['exactly.once.support', 'This worker does not have exactly-once source support enabled.'])
    const answer = ask(connector, props, (config) => connector.exactlyOnceSupport?.(config))
    const error = typeof answer === 'string' ? answer : supportErrors.get(answer)
    if (error !== undefined) complaints.push(['exactly.once.support', error])
  }
  if (isSaid('transaction.boundary', 'connector')) {
    const answer = ask(connector, props, (config) => connector.canDefineTransactionBoundaries?.(config) ?? false)
    const error = typeof answer === 'string' ? answer : answer ? undefined : noBoundaries
    if (error !== undefined) complaints.push(['transaction.boundary', error])
  }
  return complaints
}

/** Its answer, or the complaint that it could not be asked. */
function ask<T>(connector: SourceConnector, props: Props, question: (config: never) => T): T | string {
  try {
    return question(connector.config.parse(props) as never)
  } catch (error) {
    const reason = messageOf(error).trim()
    return `An unexpected error occurred during validation${reason === '' ? '; please see the worker logs for more details.' : `: ${reason}`}`
  }
}

const supportErrors: ReadonlyMap<boolean | undefined, string> = new Map([
  [false, 'The connector does not support exactly-once semantics with the provided configuration.'],
  [
    undefined,
    'The connector does not implement the API required for preflight validation of exactly-once source support. Please consult the documentation for the connector to determine whether it supports exactly-once semantics, and then consider reconfiguring the connector to use the value "requested" for this property (which will disable this preflight check and allow the connector to be created).',
  ],
])

const noBoundaries =
  'The connector does not support connector-defined transaction boundaries with the given configuration. Please reconfigure it to use a different transaction boundary definition.'
