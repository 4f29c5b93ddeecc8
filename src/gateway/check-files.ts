import type { Clock, Logger } from '#api'
import { readAuthParts } from './auth.ts'
import type { AuthSettings, TlsSettings } from './settings.ts'
import { readTls } from './tls.ts'

/** Reads the keys and certificates that the settings name, and serves nothing. Throws `ConfigError` for what cannot be used. */
export async function checkGatewayFiles(
  { auth, tls }: { readonly auth: AuthSettings; readonly tls: TlsSettings },
  clock: Clock,
  log: Logger,
): Promise<void> {
  await readAuthParts(auth, clock, log)
  await readTls(tls)
}
