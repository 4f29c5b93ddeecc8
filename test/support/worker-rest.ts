import { eventually } from './eventually.ts'
import type { WorkerProcess } from './worker-process.ts'

interface Status {
  readonly connector: { readonly state: string; readonly trace?: string }
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string }[]
}

/** What tests ask a worker's REST API. */
export function restOf({ restUrl }: Pick<WorkerProcess, 'restUrl'>) {
  const send = (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${restUrl}${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  const get = async <T = unknown>(path: string): Promise<T> => (await (await send('GET', path)).json()) as T
  const status = (name: string): Promise<Status> => get<Status>(`/connectors/${name}/status`)
  return {
    send,
    get,
    status,
    /** Resolves when the connector and its one task are in this state; with the status. */
    becomes: (name: string, state: string, timeoutMs = 15_000): Promise<Status> =>
      eventually(
        async () => {
          const seen = await status(name)
          return seen.tasks[0]?.state === state && seen
        },
        { timeoutMs, what: `${state} of ${name}` },
      ),
  }
}
