import { createReadStream, type Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** Serves the file that a path names under the root; false when there is none. Never leaves the root, by links neither. */
export async function serveFile(
  root: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const found = await findFile(root, path)
  if (!found) return false
  const { file, stats } = found
  const etag = `W/"${stats.size.toString(36)}-${Math.floor(stats.mtimeMs).toString(36)}"`
  const headers = { etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
  if (request.headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) {
    response.writeHead(304, headers).end()
    return true
  }
  response.writeHead(200, {
    ...headers,
    'content-type': types[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': stats.size,
  })
  if (request.method === 'HEAD') response.end()
  else await pipeline(createReadStream(file, { end: Math.max(0, stats.size - 1) }), response)
  return true
}

async function findFile(root: string, path: string): Promise<{ file: string; stats: Stats } | undefined> {
  const segments = decodePath(path)
  if (!segments) return undefined
  try {
    const base = await realpath(root)
    let file = await realpath(join(base, ...segments))
    if (!isInside(base, file)) return undefined
    let stats = await stat(file)
    if (stats.isDirectory()) {
      file = await realpath(join(file, 'index.html'))
      if (!isInside(base, file)) return undefined
      stats = await stat(file)
    }
    return stats.isFile() ? { file, stats } : undefined
  } catch {
    // Not there, or not to be read: the same to a client.
    return undefined
  }
}

const isInside = (base: string, file: string): boolean => file === base || file.startsWith(base + sep)

/** The path's segments; undefined when one could lead elsewhere or is hidden. */
function decodePath(path: string): string[] | undefined {
  try {
    const segments = path.split('/').filter(Boolean).map(decodeURIComponent)
    return segments.some((segment) => segment.startsWith('.') || /[/\\\0]/.test(segment)) ? undefined : segments
  } catch {
    // A malformed percent-encoding.
    return undefined
  }
}
