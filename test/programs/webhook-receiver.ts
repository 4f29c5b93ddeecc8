import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

// An HTTP endpoint in a process of its own, so that it can be killed: `PORT FILE LIFE`. What it takes is in the file, a line of JSON each,
// before it is answered. Each 97th request is not taken but answered 503.

/** A request that was taken. */
export interface Taken {
  /** Which of the receiver's lives took it. */
  readonly life: number
  readonly path: string
  readonly id: string
  readonly messages: readonly { readonly key: string; readonly n: number }[]
}

const [port, file = '', life] = process.argv.slice(2)

let requests = 0

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (++requests % 97 === 0) return void response.writeHead(503).end()
    const messages = [JSON.parse(Buffer.concat(chunks).toString())].flat() as Taken['messages']
    const { url: path = '', headers } = request
    const taken: Taken = { life: Number(life), path, id: String(headers['webhook-id']), messages }
    appendFileSync(file, `${JSON.stringify(taken)}\n`)
    response.writeHead(204).end()
  })
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${JSON.stringify(server.address())}\n`))
