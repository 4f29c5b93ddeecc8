import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package, from the source as from the build. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

export const packageVersion = String(
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: unknown }).version,
)

/** The release of Kafka Connect whose REST API and words these are: what `GET /` says, since tools decide by it what they may ask. */
export const connectVersion = '4.3.1'

function findRoot(dir: string): string {
  return existsSync(join(dir, 'package.json')) ? dir : findRoot(dirname(dir))
}
