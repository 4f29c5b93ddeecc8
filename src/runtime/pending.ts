/** The converter must ask a registry: its promise is left to the waiting way, which finds the answer under way. */
export function pending(promise: Promise<unknown>): undefined {
  promise.catch(() => undefined)
  return undefined
}
