import { ConfigError, DataError, type Ingress } from '#api'
import { compilePath } from '../common/path.ts'
import type { Resolve } from '../common/template.ts'

/** A client's message with its parsed data. */
export interface IngressScope {
  readonly ingress: Ingress
  readonly value: unknown
}

/** What a template may name of a client's message. */
export const ingressExpressions =
  'channel, channel.<n> (a segment; channel.0 is the namespace), client, message.key, value, value.<path>'

/** Reads `channel.1`, `client`, `value.x` … of a client's message. Throws `ConfigError` for any other name. */
export const ingressExpression: Resolve<IngressScope> = (expression) => {
  if (expression === 'channel') return ({ ingress }) => ingress.channel
  if (expression === 'client') return ({ ingress }) => ingress.client
  if (expression === 'message.key') return ({ ingress }) => ingress.key
  if (/^channel\.\d+$/.test(expression)) {
    const index = Number(expression.slice('channel.'.length))
    return ({ ingress }) => decode(ingress.channel.split(':')[index])
  }
  if (/^value(\..+)?$/.test(expression)) {
    const path = compilePath(expression.slice('value.'.length))
    return ({ value }) => path(value)
  }
  throw new ConfigError(`"#{${expression}}" names nothing of a client's message; known are ${ingressExpressions}.`)
}

function decode(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment)
  } catch (error) {
    throw new DataError('The channel has a segment that is not percent-encoded text.', { cause: error })
  }
}
