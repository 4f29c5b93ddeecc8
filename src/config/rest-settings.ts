import { ConfigError, type Props } from '#api'
import { readUsersSource } from './rest-extensions.ts'
import { type HeaderRule, readHeaderRules } from './rest-headers.ts'
import { type Listener, readListeners, refuseTwice } from './rest-listeners.ts'
import type { UsersSource } from './rest-users.ts'

/** How REST is served, as Kafka Connect's worker properties say it. */
export interface RestSettings {
  readonly listeners: readonly Listener[]
  /** Absent: beside the rest; empty: switched off. */
  readonly adminListeners?: readonly Listener[]
  readonly advertised: {
    readonly host?: string
    readonly port?: number
    readonly protocol?: 'http' | 'https'
  }
  /** Of the listeners with https: absent when there are none. */
  readonly tls?: ListenerTls
  readonly adminTls?: ListenerTls
  /** Absent: everybody may. */
  readonly users?: UsersSource
  readonly cors?: { readonly origins: readonly string[]; readonly methods: readonly string[] }
  readonly responseHeaders?: readonly HeaderRule[]
}

export interface ListenerTls {
  /** Stands before `ssl.…` in the names of the properties: all of them have it, or none. */
  readonly prefix: string
  readonly clientAuth: 'none' | 'requested' | 'required'
}

/** Reads them all; `standard` is where REST listens when they do not say. Throws one `ConfigError` (`context.errors`). */
export function readRestSettings(
  props: Props,
  standard: { readonly host: string; readonly port: number },
): RestSettings {
  const errors: string[] = []
  const text = (name: string): string => props[name]?.trim() ?? ''
  const list = (name: string): readonly string[] =>
    text(name)
      .split(',')
      .flatMap((part) => part.trim() || [])

  const named = readListeners('listeners', text('listeners'), errors)
  const listeners = text('listeners') === '' ? [{ protocol: 'http' as const, ...standard }] : named
  const admin = props['admin.listeners'] ?? undefined
  const adminListeners = admin === undefined ? undefined : readListeners('admin.listeners', admin, errors)
  refuseTwice([...listeners, ...(adminListeners ?? [])], errors)
  const tls = usesTls(listeners) ? readTls(props, 'listeners.https.', errors) : undefined
  const adminTls = usesTls(adminListeners ?? []) ? readTls(props, 'admin.listeners.https.', errors) : undefined

  const userFiles = { file: text('rest.basic.auth.file'), jaasFile: text('rest.jaas.file') }
  const users = readUsersSource(list('rest.extension.classes'), userFiles, errors)
  const origins = list('access.control.allow.origin')
  const methods = list('access.control.allow.methods')
  const responseHeaders = readHeaderRules(text('response.http.headers.config'), errors)
  const advertised = readAdvertised(text, listeners, errors)
  if (errors.length > 0) throw new ConfigError(errors.join('\n'), { context: { errors } })
  return {
    listeners,
    ...(adminListeners && { adminListeners }),
    advertised,
    ...(tls && { tls }),
    ...(adminTls && { adminTls }),
    ...(users && { users }),
    ...(origins.length > 0 && { cors: { origins, methods } }),
    ...(responseHeaders.length > 0 && { responseHeaders }),
  }
}

const usesTls = (listeners: readonly Listener[]): boolean => listeners.some(({ protocol }) => protocol === 'https')

const clientAuths = ['none', 'requested', 'required'] as const

/** As in Kafka Connect: one property with the prefix, and none without it counts. */
function readTls(props: Props, ownPrefix: string, errors: string[]): ListenerTls {
  const prefix = Object.keys(props).some((name) => name.startsWith(ownPrefix)) ? ownPrefix : ''
  const name = `${prefix}ssl.client.auth`
  const given = props[name]?.trim() || 'none'
  const clientAuth = clientAuths.find((each) => each === given)
  if (!clientAuth)
    errors.push(`Invalid value ${given} for configuration ${name}: String must be one of: ${clientAuths.join(', ')}`)
  return { prefix, clientAuth: clientAuth ?? 'required' }
}

function readAdvertised(
  text: (name: string) => string,
  listeners: readonly Listener[],
  errors: string[],
): RestSettings['advertised'] {
  const host = text('rest.advertised.host.name')
  const port = text('rest.advertised.port')
  const given = text('rest.advertised.listener').toLowerCase()
  const protocol = given === 'http' || given === 'https' ? given : undefined
  if (given !== '' && !protocol)
    errors.push(`Invalid value ${given} for configuration rest.advertised.listener: expected http or https.`)
  if (protocol && listeners.length > 0 && !listeners.some((listener) => listener.protocol === protocol))
    errors.push(`rest.advertised.listener is ${protocol}, but none of listeners is.`)
  if (!/^\d{0,5}$/.test(port) || Number(port) > 65535)
    errors.push(`Invalid value ${port} for configuration rest.advertised.port: expected a port.`)
  return { ...(host && { host }), ...(Number(port) > 0 && { port: Number(port) }), ...(protocol && { protocol }) }
}
