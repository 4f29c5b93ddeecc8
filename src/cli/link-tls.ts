import { readFile } from 'node:fs/promises'
import { ConfigError } from '#api'
import type { LinkKeyFiles } from '../config/index.ts'

export interface LinkTls {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca: Buffer
}

/** Who one is and whom one trusts at one end of links. Both ends show a certificate. Throws `ConfigError`. */
export async function readLinkTls(files: LinkKeyFiles, prefix: string): Promise<LinkTls> {
  const read = async (name: keyof LinkKeyFiles): Promise<Buffer> => {
    const file = files[name]
    if (file === null) throw new ConfigError(`${prefix}.${name} is missing: a link over the network needs ${names}.`)
    try {
      return await readFile(file)
    } catch (error) {
      throw new ConfigError(`${prefix}.${name}: ${file} cannot be read.`, { cause: error })
    }
  }
  const names = ['cert', 'key', 'ca'].map((name) => `${prefix}.${name}`).join(', ')
  const [cert, key, ca] = await Promise.all([read('cert'), read('key'), read('ca')])
  return { cert, key, ca }
}
