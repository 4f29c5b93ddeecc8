/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const first = () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.removeListener(signal, first)
        process.once(signal, () => process.exit(1))
      }
      resolve()
    }
    process.on('SIGTERM', first)
    process.on('SIGINT', first)
  })
}
