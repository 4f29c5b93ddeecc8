import { StackError } from './stack-error.ts'

/**
 * Makes the registry refuse schemas that old readers could not read, as a Confluent registry does by default; this one has no rule
 * until it is told. A rule that somebody set before stays.
 */
export async function governRegistry(registryUrl: string): Promise<void> {
  const url = `${registryUrl}/config`
  const signal = AbortSignal.timeout(10_000)
  const current = (await (await fetch(url, { signal })).json()) as { readonly compatibilityLevel?: string }
  if (current.compatibilityLevel !== undefined && current.compatibilityLevel !== 'NONE') return
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ compatibility: 'BACKWARD' })
  const response = await fetch(url, { method: 'PUT', headers, body, signal })
  await response.body?.cancel()
  if (!response.ok)
    throw new StackError(`The registry refused its compatibility rule: ${url} answered ${response.status}.`)
}
