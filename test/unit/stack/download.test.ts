import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { downloadFile } from '../../../src/stack/download.ts'
import { temporaryDir } from './temporary-dir.ts'

const content = randomBytes(300_000)
const sha256 = createHash('sha256').update(content).digest('hex')
const clock = { now: () => 0, sleep: async () => undefined }

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Serves the answers one after the other, the last one for good, and keeps the ranges that were asked for. */
async function serve(...answers: Answer[]): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(ranges.push(request.headers.range), answers.length) - 1]
    answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/file.jar`, ranges }
}

const whole: Answer = (_request, response) => response.end(content)
const rest: Answer = ({ headers }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  response.writeHead(206, { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` })
  response.end(content.subarray(from))
}
const status =
  (code: number): Answer =>
  (_request, response) =>
    response.writeHead(code).end()

test('a broken transfer goes on where it stopped', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  let breakOff: (() => void) | undefined
  const half: Answer = (_request, response) => {
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 100_000))
    breakOff = () => void response.destroy()
  }
  const { url, ranges } = await serve(half, rest)
  let bytes = 0
  const onBytes = (count: number) => {
    bytes += count
    breakOff?.()
  }
  await downloadFile({ url, target, sha256, clock, onBytes })
  expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
  expect(bytes).toBe(content.length)
  expect(content.equals(await readFile(target))).toBe(true)
  expect(existsSync(`${target}.part`)).toBe(false)
})

test('goes on with what an earlier process left', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  await writeFile(`${target}.part`, content.subarray(0, 1234))
  const { url, ranges } = await serve(rest)
  await downloadFile({ url, target, sha256, clock })
  expect(ranges).toEqual(['bytes=1234-'])
  expect(content.equals(await readFile(target))).toBe(true)
})

test('starts again when the server does not know ranges', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  await writeFile(`${target}.part`, content.subarray(0, 1234))
  const { url } = await serve(whole)
  await downloadFile({ url, target, sha256, clock })
  expect(content.equals(await readFile(target))).toBe(true)
})

test('a complete part is only checked', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  await writeFile(`${target}.part`, content)
  const { url } = await serve(status(416))
  await downloadFile({ url, target, sha256, clock })
  expect(content.equals(await readFile(target))).toBe(true)
})

test('a part that turns out wrong is fetched from the start', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  await writeFile(`${target}.part`, Buffer.alloc(1234))
  const { url, ranges } = await serve(rest, whole)
  await downloadFile({ url, target, sha256, clock })
  expect(ranges).toEqual(['bytes=1234-', undefined])
  expect(content.equals(await readFile(target))).toBe(true)
})

test('a file with another checksum never gets its name', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  const { url, ranges } = await serve(whole)
  const download = downloadFile({ url, target, sha256: '0'.repeat(64), clock, attempts: 2 })
  await expect(download).rejects.toThrow('does not have the SHA-256')
  expect(ranges).toHaveLength(2)
  expect(existsSync(target)).toBe(false)
})

test('a busy server is asked again, a missing file is not', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  const busy = await serve(status(503), status(429), whole)
  await downloadFile({ url: busy.url, target, sha256, clock })
  expect(busy.ranges).toHaveLength(3)
  const missing = await serve(status(404))
  await expect(downloadFile({ url: missing.url, target: `${target}2`, sha256, clock })).rejects.toThrow('status 404')
  expect(missing.ranges).toHaveLength(1)
})

test('a server that falls silent is left', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  const { url } = await serve(() => undefined, whole)
  await downloadFile({ url, target, sha256, clock, stallMs: 50 })
  expect(content.equals(await readFile(target))).toBe(true)
})

test('stops when told to', async () => {
  const target = join(await temporaryDir(), 'file.jar')
  const stop = new AbortController()
  const { url, ranges } = await serve(() => stop.abort())
  await expect(downloadFile({ url, target, sha256, clock, signal: stop.signal })).rejects.toThrow('abort')
  expect(ranges).toHaveLength(1)
})
