import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { ConfigError, type Logger, messageOf } from '#api'
import type { TlsSettings } from '../settings.ts'

/** Certificate, key and authorities, as they are in the files now. */
export interface TlsMaterial {
  readonly options: ServerOptions
  /** Changes with what the files hold. */
  readonly version: string
}

/** Undefined: the gate speaks no TLS. Throws `ConfigError` for what cannot be used. */
export async function readTls(settings: TlsSettings): Promise<TlsMaterial | undefined> {
  const { certFile, keyFile, caFile, keyPassword, clientAuth, identity, minVersion } = settings
  if (certFile === null) {
    if (keyFile === null && clientAuth === 'none' && identity === 'none') return undefined
    throw new ConfigError('gateway.tls.certFile is missing: without it the gateway speaks no TLS.')
  }
  if (keyFile === null)
    throw new ConfigError('gateway.tls.keyFile is missing: name the private key of the certificate.')
  if (clientAuth !== 'none' && caFile === null)
    throw new ConfigError('gateway.tls.caFile is missing: name the authorities of the certificates of clients.')
  if (clientAuth === 'none' && identity !== 'none')
    throw new ConfigError(
      `gateway.tls.identity is ${identity}, and no client shows a certificate: set gateway.tls.clientAuth.`,
    )
  const [cert, key, ca] = await Promise.all([
    read('certFile', certFile),
    read('keyFile', keyFile),
    caFile === null ? undefined : read('caFile', caFile),
  ])
  const material: SecureContextOptions = {
    cert,
    key,
    minVersion,
    ...(ca === undefined ? {} : { ca }),
    ...(keyPassword === null ? {} : { passphrase: keyPassword }),
  }
  try {
    createSecureContext(material)
  } catch (error) {
    throw new ConfigError(
      `gateway.tls: ${[certFile, keyFile, ...(caFile === null ? [] : [caFile])].join(', ')} cannot be used together: ${messageOf(error)}.`,
      { cause: error },
    )
  }
  return {
    options: {
      ...material,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
      ALPNProtocols: ['http/1.1'],
    },
    version: createHash('sha256')
      .update(JSON.stringify([cert, key, ca]))
      .digest('base64'),
  }
}

const read = (name: string, file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`gateway.tls.${name}: ${file} cannot be read: ${messageOf(error)}.`, { cause: error })
  })

/** Looks at the files now and then, and uses those that changed for new connections; open ones stay as they are. */
export function createTlsReload(
  settings: TlsSettings,
  {
    initial,
    use,
    log,
  }: { readonly initial: TlsMaterial; readonly use: (options: ServerOptions) => void; readonly log: Logger },
): (now: number) => void {
  let version = initial.version
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking = false
  let told = ''
  const look = async (): Promise<void> => {
    try {
      const material = await readTls(settings)
      if (material && material.version !== version) {
        use(material.options)
        version = material.version
        log.info({ file: settings.certFile }, 'certificate of the gateway reloaded')
      }
      told = ''
    } catch (error) {
      // A certificate and its key change one after the other: told once, and used when they fit.
      const reason = messageOf(error)
      if (reason !== told)
        log.error({ reason }, 'the changed certificate of the gateway cannot be used, and the former one stays')
      told = reason
    }
  }
  return (now) => {
    if (looking || now - lookedAt < settings.reloadMs) return
    looking = true
    lookedAt = now
    void look().finally(() => {
      looking = false
    })
  }
}
