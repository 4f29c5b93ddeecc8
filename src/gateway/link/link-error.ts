import { ConnectError, RetriableError } from '#api'

/** What came over a link is not of its protocol, or the other end does not keep up: the link ends and begins anew. */
export class LinkError extends ConnectError {
  static override readonly code: string = 'LINK'
}

/** The link to the worker, or the gate, is away at this moment. */
export class LinkAwayError extends RetriableError {
  static override readonly code: string = 'LINK_AWAY'
}
