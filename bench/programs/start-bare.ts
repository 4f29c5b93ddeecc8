import { createServer } from 'node:http'

// The least that a start can take: Node itself, and a server that answers.
const [port] = process.argv.slice(2)
createServer((_, response) => response.end('{}')).listen(Number(port), '127.0.0.1')
