import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The password of every store and key made here. */
export const storePassword = 'never-in-a-message'

export interface CertificateOptions {
  readonly dn?: string
  /** `dns:localhost,ip:127.0.0.1` */
  readonly san?: string
  readonly validDays?: number
  /** `-3d`: valid since three days ago. */
  readonly from?: string
  readonly algorithm?: 'RSA' | 'EC'
}

/** A certificate authority in a temporary folder, made by keytool: stores of all kinds, signed by it. */
export interface Authority {
  readonly dir: string
  /** The authority's certificate, PEM. */
  readonly pem: string
  /** Runs keytool with this authority's passwords; returns what it printed. */
  keytool(...args: readonly string[]): Promise<string>
  openssl(...args: readonly string[]): Promise<string>
  /** A store that holds the authority's certificate as trusted. */
  trustStore(type: 'JKS' | 'PKCS12', extra?: readonly string[]): Promise<string>
  /** A store with a key of this name whose certificate the authority signed, chain included. */
  keyStore(name: string, type: 'JKS' | 'PKCS12', options?: CertificateOptions): Promise<string>
  close(): Promise<void>
}

export async function createAuthority(): Promise<Authority> {
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-keys-'))
  const at = (file: string) => join(dir, file)
  let stores = 0
  const password = ['-storepass', storePassword]
  async function keytool(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('keytool', ['-J-XX:TieredStopAtLevel=1', ...args, ...password], { maxBuffer: 1e7 })
    return stdout
  }
  const openssl = async (...args: readonly string[]) => (await run('openssl', [...args], { maxBuffer: 1e7 })).stdout
  const ca = ['-keystore', at('ca.p12'), '-storetype', 'PKCS12', '-alias', 'ca']
  await keytool(
    '-genkeypair',
    ...ca,
    '-keyalg',
    'RSA',
    '-keysize',
    '2048',
    '-dname',
    'CN=Test CA',
    '-ext',
    'bc:c',
    '-validity',
    '9',
  )
  await keytool('-exportcert', ...ca, '-rfc', '-file', at('ca.pem'))
  return {
    dir,
    pem: await readFile(at('ca.pem'), 'utf8'),
    keytool,
    openssl,
    async trustStore(type, extra = []) {
      const file = at(`trust-${++stores}.store`)
      await keytool(
        ...extra,
        '-importcert',
        '-noprompt',
        '-alias',
        'ca',
        '-file',
        at('ca.pem'),
        '-keystore',
        file,
        '-storetype',
        type,
      )
      return file
    },
    async keyStore(name, type, options = {}) {
      const { dn = `CN=${name}`, san = 'dns:localhost,ip:127.0.0.1', validDays = 9, from, algorithm = 'RSA' } = options
      const file = at(`${name}-${type}.store`)
      const store = ['-keystore', file, '-storetype', type, '-alias', name]
      const size = algorithm === 'RSA' ? ['-keysize', '2048'] : ['-groupname', 'secp256r1']
      await keytool('-genkeypair', ...store, '-keyalg', algorithm, ...size, '-dname', dn, '-keypass', storePassword)
      await keytool('-certreq', ...store, '-file', at(`${name}.csr`))
      const validity = ['-validity', String(validDays), ...(from ? ['-startdate', from] : [])]
      await keytool(
        '-gencert',
        ...ca,
        '-infile',
        at(`${name}.csr`),
        '-outfile',
        at(`${name}.pem`),
        '-rfc',
        '-ext',
        `san=${san}`,
        ...validity,
      )
      await keytool(
        '-importcert',
        '-noprompt',
        '-alias',
        'ca',
        '-file',
        at('ca.pem'),
        '-keystore',
        file,
        '-storetype',
        type,
      )
      await keytool('-importcert', '-noprompt', ...store, '-file', at(`${name}.pem`))
      return file
    },
    close: () => rm(dir, { recursive: true, force: true }),
  }
}
