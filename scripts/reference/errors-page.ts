import { code, type Page, page, prose, table } from './markdown.ts'

/** What a class of errors declares about itself. */
export interface DocumentedError {
  readonly name: string
  readonly code: string
  readonly status: number
  readonly retriable: boolean
  readonly doc: string
}

export interface GatewayCodes {
  readonly errorCodes: Readonly<Record<string, { status: number; retryable: boolean; meaning: string }>>
  readonly closeCodes: Readonly<Record<string, { code: number; meaning: string }>>
  readonly resumeReasons: Readonly<Record<string, string>>
  readonly unsubscribedCodes: Readonly<Record<string, string>>
  readonly noticeCodes: Readonly<Record<string, string>>
}

export type IngressCodes = Readonly<Record<string, { readonly retryable: boolean; readonly meaning: string }>>

const yes = (value: boolean): string => (value ? 'yes' : 'no')

/** Every error and every code that an outsider can meet. */
export const errorsPage = (errors: readonly DocumentedError[], gateway: GatewayCodes, ingress: IngressCodes): Page =>
  page(
    'docs/errors.md',
    '# Errors',
    '## Of the worker',
    'In logs, in the `trace` of a status and, by their status, in the answers of the REST API. Retriable: the same call may succeed later.',
    table(
      ['error', 'code', 'HTTP status', 'retriable', 'meaning'],
      errors.map((error) => [
        code(error.name),
        code(error.code),
        String(error.status),
        yes(error.retriable),
        prose(error.doc),
      ]),
    ),
    '## `error` frames of the gateway',
    'HTTP requests that are refused for the same reason have the status.',
    table(
      ['code', 'retryable', 'HTTP status', 'meaning'],
      Object.entries(gateway.errorCodes).map(([name, { status, retryable, meaning }]) => [
        code(name),
        yes(retryable),
        String(status),
        prose(meaning),
      ]),
    ),
    '## `error` frames for a `publish`',
    'What a WebSocketServerSource answers when it does not take a message.',
    table(
      ['code', 'retryable', 'meaning'],
      Object.entries(ingress).map(([name, { retryable, meaning }]) => [code(name), yes(retryable), prose(meaning)]),
    ),
    '## Close codes',
    'After 4000–4499 come back, with your position; after 4500–4999 do not come back as you are.',
    table(
      ['close code', 'reason', 'come back', 'meaning'],
      Object.entries(gateway.closeCodes).map(([name, { code: number, meaning }]) => [
        String(number),
        code(name),
        yes(number < 4500),
        prose(meaning),
      ]),
    ),
    '## Why a subscription did not continue',
    'The `reason` beside `recovered: false` in `subscribed`.',
    meanings('reason', gateway.resumeReasons),
    '## `unsubscribed` frames',
    meanings('code', gateway.unsubscribedCodes),
    '## `notice` frames',
    meanings('code', gateway.noticeCodes),
  )

const meanings = (head: string, codes: Readonly<Record<string, string>>): string =>
  table(
    [head, 'meaning'],
    Object.entries(codes).map(([name, meaning]) => [code(name), prose(meaning)]),
  )
