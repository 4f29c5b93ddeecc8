/** Whether a client that sent this `Accept` header takes JSON (RFC 9110 §12.5.1); one without the header takes anything. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true
  let best = { precision: -1, wanted: false }
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const precision = ['*/*', 'application/*', 'application/json'].indexOf(type)
    if (precision <= best.precision) continue
    best = { precision, wanted: !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) }
  }
  return best.wanted
}
