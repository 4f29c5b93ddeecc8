import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadTown, type TownOptions } from './load-town.ts'
import { toCityFile } from './town.ts'

export interface PageOptions extends TownOptions {
  /** The raw feed, which the page watches for its figures. */
  readonly feedUrl: string
  /** The gate's WebSocket; by default `/ws` where the page comes from. */
  readonly gatewayUrl?: string
  /** The checkout. Default: found from this file, in the source as in the build. */
  readonly root?: string
  /** The built client. Default: `dist/src/client` of the checkout. */
  readonly clientDir?: string
}

const folder = join(dirname(fileURLToPath(import.meta.url)), '../..')
/** This file is `examples/buses/…` in the source and `dist/examples/buses/…` in the build. */
const checkout = basename(folder) === 'dist' ? dirname(folder) : folder

/**
 * Puts the page, the built client (`dist/src/client`), `config.json` and `city.json` into `outDir`, a folder of its own that
 * the gateway can serve; what was in it is removed. Throws when the client has not been built.
 */
export async function assemblePage(
  outDir: string,
  { feedUrl, gatewayUrl, root = checkout, clientDir = join(root, 'dist/src/client'), ...town }: PageOptions,
): Promise<void> {
  await rm(outDir, { recursive: true, force: true })
  await mkdir(outDir, { recursive: true })
  await cp(join(root, 'examples/buses/page'), outDir, { recursive: true })
  await cp(clientDir, join(outDir, 'client'), {
    recursive: true,
    filter: (source) => !/\.(d\.ts|map)$/.test(source),
  })
  await writeFile(join(outDir, 'config.json'), JSON.stringify({ feedUrl, gatewayUrl }))
  await writeFile(join(outDir, 'city.json'), JSON.stringify(toCityFile(await loadTown(town))))
}
