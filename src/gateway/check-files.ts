import type { Clock, Logger } from '#api'
import { readTls } from './listener/tls.ts'
import type { AuthSettings, TlsSettings } from './settings.ts'
import { readAuthParts } from './who/auth.ts'

/** Reads the keys and certificates that the settings name, and serves nothing. Throws `ConfigError` for what cannot be used. */
export async function checkGatewayFiles(
  { auth, tls }: { readonly auth: AuthSettings; readonly tls: TlsSettings },
  clock: Clock,
  log: Logger,
): Promise<void> {
  await readAuthParts(auth, clock, log)
  await readTls(tls)
}
