import type { Socket } from 'node:net'
import { toJson } from '#api'
import { errorBody, httpMessage } from './error-mapper.ts'

/** What Node's HTTP parser refuses never becomes a request. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy()
  const status = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ''] ?? 400
  const body = toJson(errorBody(status, httpMessage(status)))
  const head = `HTTP/1.1 ${httpMessage(status).slice(5)}\r\nContent-Type: application/json`
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}
