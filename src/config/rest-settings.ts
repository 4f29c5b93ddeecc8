import { ConfigError, type Props } from '#api'
import { type Advertised, readAdvertised } from './rest-advertised.ts'
import { type Cors, readCors } from './rest-cors.ts'
import { readUsersSource } from './rest-extensions.ts'
import { type HeaderRule, readHeaderRules } from './rest-headers.ts'
import { type Listener, readListeners, refuseTwice } from './rest-listeners.ts'
import type { UsersSource } from './rest-users.ts'

/** How REST is served, as Kafka Connect's worker properties say it. */
export interface RestSettings {
  readonly listeners: readonly Listener[]
  /** Absent: beside the rest; empty: switched off. */
  readonly adminListeners?: readonly Listener[]
  readonly advertised: Advertised
  /** Of the listeners with https: absent when there are none. */
  readonly tls?: ListenerTls
  readonly adminTls?: ListenerTls
  /** Absent: everybody may. */
  readonly users?: UsersSource
  /** Names by which it may be asked on the loopback address without users; `*`: any. Absent: the usual ones. */
  readonly allowedHosts?: readonly string[]
  readonly cors?: Cors
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
  const allowedHosts = list('rest.allowed.hosts')
  const cors = readCors(list, errors)
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
    ...(allowedHosts.length > 0 && { allowedHosts }),
    ...(cors && { cors }),
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
