import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface LinkKeys {
  /** Paths of PEM files. */
  readonly keyFile: string
  readonly certFile: string
  readonly key: string
  readonly cert: string
  remove(): Promise<void>
}

/** A key and a certificate that vouches for itself, for `localhost` and 127.0.0.1. */
export async function makeLinkKeys(name = 'link'): Promise<LinkKeys> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-keys-'))
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await run('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', keyFile, '-out', certFile])
  return {
    keyFile,
    certFile,
    key: await readFile(keyFile, 'utf8'),
    cert: await readFile(certFile, 'utf8'),
    remove: () => rm(folder, { recursive: true }),
  }
}
