import { type Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { withAnySignal } from '../util/any-signal.ts'

export interface PostFormOptions {
  readonly form: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly agent: Agent
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** The longest answer (bytes) that is taken. */
const maxAnswer = 1_048_576

/** Sends a form and gives the answer whole. Rejects when none comes in time. */
export async function postForm(url: URL, options: PostFormOptions): Promise<{ status: number; text: string }> {
  const { form, headers, agent, timeoutMs } = options
  const body = new URLSearchParams(form).toString()
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const exchange = (signal: AbortSignal): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const request = send(url, {
        method: 'POST',
        agent,
        signal,
        headers: {
          ...headers,
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        },
      })
      request.once('error', reject)
      request.once('response', (response) => {
        const parts: Buffer[] = []
        let size = 0
        response.on('data', (part: Buffer) => {
          size += part.length
          if (size > maxAnswer) request.destroy(new Error(`an answer of more than ${maxAnswer} bytes`))
          else parts.push(part)
        })
        response.once('error', reject)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }))
      })
      request.end(body)
    })
  return withAnySignal([options.signal, AbortSignal.timeout(timeoutMs)], exchange)
}
