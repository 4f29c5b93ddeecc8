export interface TaskOnWorker {
  readonly connector: string
  readonly task: number
  readonly state: string
  /** Host and port. */
  readonly worker: string
}

interface Expanded {
  readonly status: {
    readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker_id: string }[]
  }
}

/** The tasks of all connectors, as the first of the workers that answers tells them. */
export async function tasksOf(urls: readonly string[]): Promise<readonly TaskOnWorker[]> {
  const told = await Promise.any(urls.map(statuses))
  return Object.entries(told).flatMap(([connector, { status }]) =>
    status.tasks.map(({ id, state, worker_id: worker }) => ({ connector, task: id, state, worker })),
  )
}

async function statuses(url: string): Promise<Readonly<Record<string, Expanded>>> {
  const response = await fetch(`${url}/connectors?expand=status`, { signal: AbortSignal.timeout(5000) })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return (await response.json()) as Readonly<Record<string, Expanded>>
}
